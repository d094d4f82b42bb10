"""The door to Slack: what is sent to us becomes our events, our messages become blocks."""
