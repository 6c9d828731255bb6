// The sets of tests/unseen as values: calls with what has to come, questions, dictated numbers. Only the part that is
// asked for is kept: nothing of the other one reaches the caller.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/track.h"

namespace sotto::unseen {

struct Turn {
  Track speaker = Track::customer;
  std::string text;
};
// Turns count from 1, as in the files.
struct ExpectedCue {
  std::string rule;
  std::size_t turn = 0;
  std::int64_t seconds = -1;  // of a rule of time
};
struct ExpectedTick {
  std::string item;
  std::size_t turn = 0;
  bool optional = false;
};
struct ExpectedAnswer {
  std::size_t turn = 0;
  std::string file, heading;
  bool needs_context = false;
};
struct Digits {
  std::size_t turn = 0;
  std::string kind, digits;
};
struct Call {
  std::string id, tenant;
  std::vector<std::string> kinds;
  Time started;
  std::vector<Turn> turns;
  std::vector<ExpectedCue> cues, may;
  std::vector<ExpectedTick> ticks;
  std::vector<ExpectedAnswer> answers;
  std::vector<std::size_t> no_answer;
  std::vector<Digits> hidden, readable;
};

struct Question {
  std::string tenant, asked;
  Time day;
  std::string file, heading;  // empty: no article answers
  std::vector<std::string> must;
};

// Words [first, last] of a turn; all count from 1.
struct Span {
  std::size_t turn = 0, first = 0, last = 0;
};
struct Dictated {
  std::string kind, slot, value;
  bool hide = false, last_four = false;
  std::vector<Span> where;
};
struct Item {
  std::string id, frame;
  bool unnamed = false;
  std::vector<Turn> turns;
  std::vector<Dictated> entities;
};

// Throw std::exception where a file is not as tests/unseen/README.md says.
std::vector<Call> load_calls(std::filesystem::path const& folder, std::string const& part);
std::vector<Question> load_questions(std::filesystem::path const& file, std::string const& part);
// Lines of numbers/generate.py.
std::vector<Item> load_items(std::filesystem::path const& file, std::string const& part);

std::vector<std::string> words_of(std::string const& text);

}  // namespace sotto::unseen
