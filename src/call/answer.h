// What a passage of a tenant's articles answers to a question. A value.
#pragma once

#include <string>

#include "call/annotation.h"

namespace sotto {

struct Answer {
  std::string headline, body;
  Source source;
  double score = 0;
  double probability = 0;  // calibrated: that it answers what was asked
};

}  // namespace sotto
