// One build of a function for each width of register, chosen at start. Not under the thread sanitizer: it would trace
// the choice itself, which runs before its own set-up.
#pragma once

#if __has_feature(thread_sanitizer)
#define SOTTO_EACH_WIDTH
#else
#define SOTTO_EACH_WIDTH __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#endif
