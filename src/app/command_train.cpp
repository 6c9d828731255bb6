#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/ranges.h>
#include <unistd.h>

#include "adapters/minilm/sentence_encoder.h"
#include "app/commands.h"
#include "app/intent_workshop.h"
#include "text/intent_trainer.h"

namespace sotto::app {

namespace {

constexpr std::size_t kFew = 10;  // examples of an intent

// A line: the text, a tab, its intents with commas between ("none" or nothing: out of scope), and, each after a tab,
// what the other party said before, the newest turn first.
Result<text::Example> example_of(std::string const& line) {
  std::vector<std::string> fields;
  std::istringstream parts(line);
  for (std::string part; std::getline(parts, part, '\t');) fields.push_back(std::move(part));
  if (line.ends_with('\t')) fields.emplace_back();
  if (fields.size() < 2 || fields[0].empty())
    return fail("bad_line", "a line is a text, a tab and an intent (several: with commas between; none: out of scope)");
  if (fields.size() > 2 + text::kTurnsBefore)
    return fail("bad_line", fmt::format("at most {} turns before a text are looked at", text::kTurnsBefore));
  text::Example example{.text = fields[0], .intents = {}, .vector = {}, .before = {fields.begin() + 2, fields.end()}};
  std::istringstream names(fields[1]);
  for (std::string name; std::getline(names, name, ',');) {
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(" \r") + 1);
    bool const again = std::ranges::find(example.intents, name) != example.intents.end();
    if (!name.empty() && name != "none" && !again) example.intents.push_back(std::move(name));
  }
  return example;
}

Result<std::vector<text::Example>> read_examples(std::filesystem::path const& file) {
  std::ifstream in(file);
  if (!in) return fail("no_such_file", fmt::format("{} cannot be read", file.string()));
  std::vector<text::Example> out;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line == "\r") continue;
    auto example = example_of(line);
    if (!example) return fail("bad_line", fmt::format("{}:{}: {}", file.string(), number, example.error().message));
    out.push_back(std::move(*example));
  }
  if (out.empty()) return fail("bad_line", fmt::format("{} holds no examples", file.string()));
  return out;
}

// On a terminal the line renews itself; in a log each step has its own.
void show(std::string const& what, std::size_t done, std::size_t all) {
  bool const terminal = ::isatty(STDERR_FILENO) == 1;
  fmt::print(stderr, "{}{}: {} of {}{}", terminal ? "\r\033[K" : "", what, done, all,
             terminal && done < all ? "" : "\n");
}

void print_report(text::IntentReport const& report, std::size_t background, std::filesystem::path const& out) {
  fmt::print("{} intents; {} lines of yours, {} of them about none; {} background lines that are about none\n",
             report.intents, report.examples - background, report.out_of_scope - background, background);
  std::vector<std::string> few;
  for (auto const& intent : report.by_intent) {
    if (intent.examples < kFew) few.push_back(fmt::format("{} ({})", intent.name, intent.examples));
  }
  if (!few.empty())
    fmt::print("warning: fewer than {} examples, so that the figures say little: {}\n", kFew, fmt::join(few, ", "));
  fmt::print("On examples held out ({}):\n", "5 folds");
  fmt::print("  right intent            {:.1f} %  (n-grams alone {:.1f} %)\n", report.accuracy * 100,
             report.words_only * 100);
  fmt::print("  decided by n-grams      {:.1f} %, right for {:.1f} % of them\n", report.sure_share * 100,
             report.sure_accuracy * 100);
  fmt::print("  in scope, kept          {:.1f} %\n", report.kept * 100);
  fmt::print("  out of scope, refused   {:.1f} %\n", report.refused * 100);
  fmt::print("  calibration error       {:.3f}\n", report.calibration_error);
  fmt::print("The hardest intents:\n");
  for (std::size_t i = 0; i < std::min<std::size_t>(10, report.by_intent.size()); ++i) {
    auto const& intent = report.by_intent[i];
    fmt::print("  {:30} {:5} examples, {:5.1f} % found{}\n", intent.name, intent.examples, intent.recall * 100,
               intent.taken_for.empty() ? "" : ", most often taken for " + intent.taken_for);
  }
  fmt::print("Written: {}\n", out.string());
}

int failed(std::string const& reason) {
  fmt::print(stderr, "sotto train: {}\n", reason);
  return 1;
}

}  // namespace

int run_train_intents(TrainCommand const& command) {
  auto examples = read_examples(command.file);
  if (!examples) return failed(examples.error().message);
  auto const encoder = SentenceEncoder::load(command.models / "minilm");
  if (!encoder) return failed(encoder.error().message);
  auto const background = background_lines().size();
  for (auto const& line : background_lines()) examples->push_back({.text = line, .intents = {}, .vector = {}});
  for (std::size_t i = 0; i < examples->size(); ++i) {
    if (i % 500 == 0) show("reading", i, examples->size());
    auto vector = encoder->encode((*examples)[i].text);
    if (!vector) return failed(vector.error().message);
    (*examples)[i].vector = std::move(*vector);
  }
  auto const trained = text::train_intents(*examples, {.seed = command.seed, .progress = show});
  if (!trained) return failed(trained.error().message);
  auto const part = command.out.string() + ".part";
  std::ofstream out(part, std::ios::binary);
  out << trained->model.write();
  out.close();
  std::error_code renamed;
  std::filesystem::rename(part, command.out, renamed);
  if (!out || renamed) return failed(fmt::format("{} cannot be written", command.out.string()));
  print_report(trained->report, background, command.out);
  return 0;
}

}  // namespace sotto::app
