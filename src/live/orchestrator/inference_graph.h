// What an event asks of the models, and what they answered. Made by the orchestrator, run by inference with a deadline.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "call/utterance.h"
#include "language/intents/intents.h"
#include "policy/rules.h"
#include "ports/model_shard.h"

namespace sotto {

struct InferenceGraph {
  std::int64_t number = 0;  // event number of the utterance
  Utterance utterance;
  std::vector<ModelText> texts;  // units of the final, and its questions
  std::size_t units = 0;         // how many of them are units: only those have intents
  // What a knowledge rule asks, in every reading of the words; empty where none asks.
  std::vector<std::string> questions;
  std::vector<std::string> articles;  // globs, each asked by itself
  bool wants_intents = false;
  std::vector<std::string> before;  // what the other party said before, the newest turn first: context of intents
  std::string team;                 // of the agent who would see the answer
  Time deadline;
};

struct NodeResults {
  std::unordered_map<std::string, std::vector<float>>
      vectors;  // by text; empty where the encoder was not asked or failed
  // What its speaker means, by text; of those of which it was wanted.
  std::unordered_map<std::string, std::vector<float>> meanings;
  // What each text wants, one judgement a model of the tenant; empty where intents were not asked.
  std::unordered_map<std::string, std::vector<language::Judgement>> judgements;
  // Of the customer's words: -1 (negative) .. 1 (positive), by text.
  std::unordered_map<std::string, double> sentiments;
  std::map<std::string, Answer> answers;  // by the glob that was asked; absent: no passage answers
  bool failed = false;                    // the models did not answer in time: words alone decide
  Time asked, started, answered;          // handed to the shard, begun there, result back
};

}  // namespace sotto
