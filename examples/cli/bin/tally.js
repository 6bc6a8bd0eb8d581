#!/usr/bin/env node
// There before the first build, so that it can be linked.
import '../dist/main.js'
