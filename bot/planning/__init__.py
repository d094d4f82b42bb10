"""Planning: from a person's prose, through a model that is never believed, to a plan that is checked."""
