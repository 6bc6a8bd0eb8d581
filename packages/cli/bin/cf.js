#!/usr/bin/env node
// There before the first build, so that an install of the workspace can link it.
import '../dist/cf.js'
