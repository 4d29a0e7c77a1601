/* The ABI is a header; SwiftPM wants one source file to build a C target. */
#include "vitrine_plugin.h"
