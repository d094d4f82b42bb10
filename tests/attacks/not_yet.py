"""What of the corpus cannot be tried here yet, and why: a case, or a part of one."""

NOT_YET = {
    "I015": "Nothing here calls an address that somebody configures.",
    "L021": "A box has no network, so its plan ends at its first step. What a pull request says of new "
    "dependencies is in tests/decisions/test_dependencies.py and tests/stories/test_changes.py.",
    "L023/llm_proxy": "There is no such process: the desk asks the model, and holds the App's key as well.",
}
