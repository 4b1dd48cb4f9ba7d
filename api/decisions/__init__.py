"""What people decide about calls, as the HTTP routes take it: who may, on which call, and whom it concerns."""
