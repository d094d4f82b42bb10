"""The desk: who may do what, what it becomes, what is said about it. One file per duty."""
