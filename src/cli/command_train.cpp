#include <algorithm>
#include <fstream>

#include <fmt/ranges.h>
#include <unistd.h>

#include "adapters/files/file_bytes.h"
#include "adapters/minilm/sentence_encoder.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "language/intents/intent_trainer.h"
#include "language/intents/training_lines.h"
#include "library/intent_training.h"

namespace sotto::app {

namespace {

constexpr std::size_t kFew = 10;  // examples of an intent

Result<std::vector<language::Example>> read_examples(std::filesystem::path const& file) {
  constexpr std::size_t kShown = 20;
  auto const bytes = read_bytes(file, limits::kTrainingBytesMax);
  if (!bytes) return fail("no_such_file", fmt::format("{}: {}", shown_path(file), bytes.error().message));
  auto const told = [&](language::TextProblem const& problem) {
    return fmt::format("{}:{}: {}", shown_path(file), problem.line, problem.reason);
  };
  auto const decoded = language::decode_text(*bytes, limits::kLineBytesMax);
  if (!decoded) return fail("bad_line", told(decoded.error()));
  auto read = language::read_training_lines(*decoded);
  if (!read) return fail("bad_line", told(read.error()));
  for (std::size_t i = 0; i < std::min(kShown, read->warnings.size()); ++i)
    fmt::print(stderr, "{}\n", told({read->warnings[i].line, "warning: " + read->warnings[i].reason}));
  if (read->warnings.size() > kShown) fmt::print(stderr, "and {} warnings more\n", read->warnings.size() - kShown);
  return std::move(read->examples);
}

// On a terminal the line renews itself; in a log each step has its own.
void show(std::string const& what, std::size_t done, std::size_t all) {
  bool const terminal = ::isatty(STDERR_FILENO) == 1;
  fmt::print(stderr, "{}{}: {} of {}{}", terminal ? "\r\033[K" : "", what, done, all,
             terminal && done < all ? "" : "\n");
}

void print_report(language::IntentReport const& report, std::size_t background, std::filesystem::path const& out) {
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

// Before hours of training; empty: it can be written there.
std::string why_not_there(std::filesystem::path const& out, std::filesystem::path const& examples) {
  std::error_code failed;
  auto const status = std::filesystem::status(out, failed);
  if (out.empty() || status.type() == std::filesystem::file_type::directory) return "names no file";
  auto const folder = out.has_parent_path() ? out.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, failed)) return "is in a folder that is not there";
  if (!std::filesystem::exists(status)) return "";
  if (!std::filesystem::is_regular_file(status)) return "is not a file";
  return std::filesystem::equivalent(out, examples, failed) ? "is the file of the examples" : "";
}

}  // namespace

int run_train_intents(TrainCommand const& command) {
  if (auto const why = why_not_there(command.out, command.file); !why.empty())
    return failed(fmt::format("--out {} {}", shown_path(command.out), why));
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
  auto const trained = language::train_intents(*examples, {.seed = command.seed, .progress = show});
  if (!trained) return failed(trained.error().message);
  std::error_code none;
  auto const resolved = std::filesystem::canonical(command.out, none);
  auto const target = none ? command.out : resolved;  // a link stays one
  auto const part = target.string() + ".part";
  std::ofstream out(part, std::ios::binary);
  out << trained->model.write();
  out.close();
  std::error_code renamed;
  std::filesystem::rename(part, target, renamed);
  if (!out || renamed) return failed(fmt::format("{} cannot be written", command.out.string()));
  print_report(trained->report, background, command.out);
  return 0;
}

}  // namespace sotto::app
