// Passages as JSON, between the process that parses articles and the one that asks them.
#pragma once

#include <boost/json/object.hpp>

#include "knowledge/articles/articles.h"

namespace sotto::knowledge {

boost::json::object to_json(Passage const& passage);
// The inverse; what is missing or of another kind is empty.
Passage passage_from_json(boost::json::object const& object);

}  // namespace sotto::knowledge
