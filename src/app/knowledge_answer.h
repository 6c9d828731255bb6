// What the API and the command line say to a question, as JSON (docs/knowledge.md).
#pragma once

#include <optional>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "live/inference/knowledge_base.h"

namespace sotto::app {

// [{file, heading, sentence, score}]
boost::json::array nearest_json(std::vector<inference::KnowledgeBase::Ranked> const& ranked);
// {answer: {headline, body, match, probability, source: {file, heading, passage, sentence}} | null, nearest: [..]}
boost::json::object answer_json(std::optional<Match::Answer> const& answer,
                                std::vector<inference::KnowledgeBase::Ranked> const& nearest);

}  // namespace sotto::app
