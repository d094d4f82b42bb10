"""Messages between the processes over Redis: ids in RQ queues, taps on the shoulder, sealed answers."""
