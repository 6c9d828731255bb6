#include "golden/golden_call.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace sotto::golden {

namespace {

[[noreturn]] void wrong(int number, std::string const& what) {
  throw std::runtime_error(fmt::format("line {}: {}", number, what));
}

bool starts(std::string const& line, std::string_view with) { return line.starts_with(with); }

// "300-1500" and "300" to numbers.
void read_numbers(std::string const& word, Line& line) {
  std::istringstream in(word);
  for (std::string part; std::getline(in, part, '-');) {
    if (part.empty() || !std::ranges::all_of(part, [](unsigned char c) { return std::isdigit(c); }))
      wrong(line.number, "\"" + word + "\" is not a number of milliseconds");
    line.numbers.push_back(std::stoll(part));
  }
}

Line read_line(std::string const& text, int number) {
  Line line{.number = number};
  auto rest = text;
  if (auto const quote = rest.find('"'); quote != std::string::npos) {
    auto const end = rest.rfind('"');
    if (end == quote) wrong(number, "a quotation mark is missing");
    line.quoted = rest.substr(quote + 1, end - quote - 1);
    rest.erase(quote);
  }
  std::istringstream in(rest);
  if (!(in >> line.at_ms >> line.actor >> line.verb)) wrong(number, "expected: milliseconds, who, what");
  for (std::string word; in >> word;) read_numbers(word, line);
  return line;
}

// The lines of a script, with its blocks written out.
class ScriptReader {
 public:
  void take(std::string const& text, int number) {
    auto const first = text.find_first_not_of(' ');
    if (first == std::string::npos || text[first] == '#') return;
    auto const trimmed = text.substr(first);
    if (starts(trimmed, "repeat")) return begin_block(trimmed, number);
    if (trimmed == "end") return end_block(number);
    (times_ ? block_ : script_).push_back(read_line(trimmed, number));
  }

  std::vector<Line> done() {
    if (times_) wrong(begun_, "this block has no end");
    std::ranges::sort(script_, {}, [](Line const& line) { return std::pair(line.at_ms, line.number); });
    return std::move(script_);
  }

 private:
  void begin_block(std::string const& text, int number) {
    std::istringstream in(text);
    std::string word;
    if (times_ || !(in >> word >> times_ >> word >> word >> every_ >> word >> from_))
      wrong(number, "expected: repeat N times every MS from MS");
    begun_ = number;
  }
  void end_block(int number) {
    if (!times_) wrong(number, "no block ends here");
    for (std::int64_t time = 0; time < times_; ++time) {
      auto const offset = from_ + time * every_;
      for (auto line : block_) {
        line.at_ms += offset;
        // What is recorded names its audio; other numbers are lengths.
        if (parse_track(line.actor))
          for (auto& value : line.numbers) value += offset;
        script_.push_back(std::move(line));
      }
    }
    block_.clear();
    times_ = 0;
  }

  std::vector<Line> script_, block_;
  std::int64_t times_ = 0, every_ = 0, from_ = 0;
  int begun_ = 0;
};

void read_setting(std::string const& line, int number, GoldenCall& call) {
  std::istringstream in(line.substr(line.find(':') + 1));
  std::string unit, how;
  if (starts(line, "packets:") && in >> call.packet_ms >> unit && unit == "ms") return;
  if (starts(line, "rate:") && in >> call.rate && (call.rate == 8000 || call.rate == 16000)) return;
  if (starts(line, "source clock:") && in >> call.ppm >> unit >> how && unit == "ppm") {
    if (how != "slow" && how != "fast") wrong(number, "a clock is slow or fast");
    call.ppm *= how == "slow" ? 1 : -1;
    return;
  }
  if (starts(line, "show:") && in >> how && how == "counts") {
    call.counted = true;
    return;
  }
  wrong(number, "unknown setting \"" + line + "\"");
}

}  // namespace

GoldenCall parse(std::string const& text) {
  GoldenCall call;
  ScriptReader script;
  std::istringstream in(text);
  std::string line, section;
  for (int number = 1; std::getline(in, line); ++number) {
    if (section == "expect:") {
      call.expected += line + "\n";
      continue;
    }
    call.given += line + "\n";
    if (line == "policies:" || line == "script:" || line == "expect:") section = line;
    else if (section == "policies:") call.policies += line + "\n";
    else if (section == "script:") script.take(line, number);
    else if (!line.empty() && line[0] != '#') read_setting(line, number, call);
  }
  if (section != "expect:") wrong(0, "the file has no \"expect:\"");
  call.script = script.done();
  return call;
}

}  // namespace sotto::golden
