// What the API and the command line say to a question, as JSON (docs/knowledge.md).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "knowledge/knowledge_base.h"

namespace sotto::app {

// [{file, title, heading, passage, sentence, score}]
boost::json::array nearest_json(std::vector<knowledge::KnowledgeBase::Ranked> const& ranked);
// {answer: {headline, body, match, probability, source: {file, heading, passage, sentence}} | null, nearest: [..]}
boost::json::object answer_json(std::optional<Answer> const& answer,
                                std::vector<knowledge::KnowledgeBase::Ranked> const& nearest);

// Whether a question names no more than a subject: fewer than three words that carry meaning.
bool asks_in_few_words(std::string_view question);
// Then: the articles about it, and no answer. {answer: null, few_words: true, nearest: [..]}
boost::json::object articles_json(std::vector<knowledge::KnowledgeBase::Ranked> const& nearest);

}  // namespace sotto::app
