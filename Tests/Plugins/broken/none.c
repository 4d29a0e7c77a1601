/* Keeps to the contract: what the others are measured against. */
#include "broken.h"
