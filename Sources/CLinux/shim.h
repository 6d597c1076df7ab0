#include <sys/prctl.h>

/* Calls with a variable number of arguments, which Swift does not make. */

/* Nobody but root reads this process, and no core of it is written; prctl(2). 0, or -1 with errno. */
static inline int linux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
