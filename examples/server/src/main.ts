// Runs the server until somebody stops it.
