// What runs in each thread.
export {}
