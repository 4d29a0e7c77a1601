/* Runs a thread that its manifest does not declare. */
#define STARTS_THREAD
#include "broken.h"
