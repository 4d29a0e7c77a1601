/* Emits from a compute job, on a thread of the pool. */
#define CALLS_FROM_JOB
#include "broken.h"
