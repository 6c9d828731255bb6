// redact: words taken back from calls of 400 events. Prints one JSON object a figure: `per_s`, events written anew a
// second (all of a call for one that is taken back); `hits`, of 1,000 words of which half are taken back, one by one
// and by the call, how many of those stand in any file of the store, byte by byte; `unread`, how many of the others
// cannot be read.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "adapters/key_file/key_file.h"
#include "adapters/sqlite/sqlite_log.h"
#include "base/check.h"
#include "support/manual_executor.h"

using namespace sotto;
namespace fs = std::filesystem;

namespace {

constexpr int kEventsOfCall = 400;

class Store {
 public:
  explicit Store(fs::path const& folder) {
    auto keys = KeyFile::open(folder / "keys", master_);
    CHECK(keys);
    keys_ = std::move(*keys);
    auto log = sqlite::SqliteLog::open(folder, executor_, clock_, *keys_);
    CHECK(log);
    log_ = std::move(*log);
  }
  // Call `call` with `words` at its end, after others that make it as long as calls are.
  void write(int call, std::vector<std::string> const& words) {
    CallInfo const info{.id = name(call), .tenant = "bench", .tracks = {Track::customer}, .format = {}};
    Append batch{.lease = {info.id, Part::speech, 1}, .opening = Opening{info, "d", "w"}};
    auto const add = [&](std::string text) {
      batch.events.push_back({.body = UtteranceFinal{{.text = std::move(text)}}});
    };
    for (int i = static_cast<int>(words.size()); i < kEventsOfCall; ++i)
      add("I would like to know what you can do about the invoice of last month");
    for (auto const& word : words) add(word);
    CHECK(ask<std::int64_t>([&](auto then) { log_->append(batch, then); }));
  }
  void redact(int call, int number) {
    CHECK(ask<std::int64_t>([&](auto then) {
      log_->redact(name(call), {{number, UtteranceFinal{{.text = "[hidden]"}}}}, then);
    }));
  }
  void erase(int call) {
    CHECK(ask<void>([&](auto then) { log_->erase(name(call), then); }));
  }
  std::vector<Event> read(int call) {
    return ask<std::vector<Event>>([&](auto then) { log_->read(name(call), 0, 100'000, then); })
        .value_or(std::vector<Event>{});
  }
  Time now() const { return clock_.now(); }

 private:
  static std::string name(int call) { return fmt::format("call-{}", call); }
  template <typename T, typename Ask>
  Result<T> ask(Ask request) {
    std::optional<Result<T>> answer;
    request(Then<T>([&](Result<T> result) { answer = std::move(result); }));
    CHECK(executor_.run_until([&] { return answer.has_value(); }));
    return *answer;
  }
  Key const master_ = random_key();
  SystemClock clock_;
  ManualExecutor executor_;
  std::unique_ptr<KeyFile> keys_;
  std::unique_ptr<sqlite::SqliteLog> log_;
};

void print(std::string_view figure, double value, std::string_view unit, int n) {
  fmt::print(R"({{"bench":"redact","figure":"{}","value":{:.0f},"unit":"{}","n":{}}})"
             "\n",
             figure, value, unit, n);
}

void speed(Store& store) {
  constexpr int calls = 100;
  for (int call = 0; call < calls; ++call) store.write(call, {});
  auto const begun = store.now();
  for (int call = 0; call < calls; ++call) store.redact(call, 1 + call % kEventsOfCall);
  auto const seconds = to_ms(store.now() - begun) / 1000;
  print("per_s", calls * kEventsOfCall / seconds, "events/s", calls * kEventsOfCall);
}

std::size_t hits(fs::path const& folder, std::vector<std::string> const& words) {
  std::vector<std::string> files;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    if (entry.is_regular_file()) files.emplace_back(std::istreambuf_iterator(in), std::istreambuf_iterator<char>());
  }
  return static_cast<std::size_t>(std::ranges::count_if(words, [&](std::string const& word) {
    return std::ranges::any_of(files, [&](std::string const& file) { return file.contains(word); });
  }));
}

// Calls of 50 words each: of ten every other word is redacted, five are erased, five stay.
void traces(Store& store, fs::path const& folder) {
  constexpr int calls = 20, words_of_call = 50, first = 1000;
  std::vector<std::string> taken;
  std::size_t unread = 0;
  std::vector<std::pair<int, std::string>> kept;
  for (int i = 0; i < calls; ++i) {
    std::vector<std::string> words;
    for (int word = 0; word < words_of_call; ++word) words.push_back(fmt::format("canary-{:02}-{:02}-xyzzy", i, word));
    store.write(first + i, words);
    if (i >= 15) store.erase(first + i);
    for (int word = 0; word < words_of_call; ++word) {
      bool const redacted = i < 10 && word % 2 == 0;
      if (redacted) store.redact(first + i, kEventsOfCall - words_of_call + word + 1);
      if (redacted || i >= 15) taken.push_back(words[static_cast<std::size_t>(word)]);
      else kept.emplace_back(first + i, words[static_cast<std::size_t>(word)]);
    }
  }
  print("hits", static_cast<double>(hits(folder, taken)), "words", static_cast<int>(taken.size() + kept.size()));
  for (auto const& [call, word] : kept) {
    auto const events = store.read(call);
    unread += std::ranges::none_of(
        events, [&](Event const& event) { return words_of(event) && words_of(event)->text == word; });
  }
  print("unread", static_cast<double>(unread), "words", static_cast<int>(kept.size()));
}

}  // namespace

int main() {
  std::string pattern = (fs::temp_directory_path() / "sotto-redact-XXXXXX").string();
  CHECK(mkdtemp(pattern.data()));
  {
    Store store(pattern);
    speed(store);
    traces(store, pattern);
  }
  fs::remove_all(pattern);
  return 0;
}
