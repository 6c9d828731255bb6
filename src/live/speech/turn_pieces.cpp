#include "live/speech/turn_pieces.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/limits.h"
#include "live/speech/voice_vector.h"

namespace sotto::speech {

namespace {

constexpr auto kHop = limits::kFrameSamples;
constexpr std::int64_t kMs = limits::kFrameRateHz / 1000;
constexpr std::size_t kPauseFrames = 6;
// Estimated times of words are off by up to this.
constexpr std::int64_t kOffBy = 600 * kMs;
constexpr std::int64_t kSentenceBonus = 250 * kMs, kCommaBonus = 100 * kMs;
constexpr std::int64_t kQuietSearch = 200 * kMs;
constexpr std::int64_t kShortest = 60 * kMs;

struct Pause {
  std::int64_t from = 0, to = 0;
  std::int64_t middle() const { return (from + to) / 2; }
};

struct Cut {
  std::size_t word = 0;  // the first after it
  std::int64_t at = 0;
  std::int64_t pause = 0;
};

std::vector<Pause> pauses(std::span<VoiceFrame const> frames, std::int64_t frames_from) {
  if (frames.empty()) return {};
  auto const least = speech_threshold_db(frames);
  std::vector<Pause> out;
  std::optional<std::size_t> last;  // frame of speech
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].loudness_db <= least) continue;
    if (last && i - *last > kPauseFrames) {
      out.push_back({frames_from + static_cast<std::int64_t>(*last + 1) * kHop,
                     frames_from + static_cast<std::int64_t>(i) * kHop});
    }
    last = i;
  }
  return out;
}

std::int64_t boundary(std::span<RecognizedWord const> words, std::size_t next) {
  return (words[next - 1].to + words[next].from) / 2;
}

std::int64_t bonus(std::string_view word) {
  return ends_sentence(word) ? kSentenceBonus : word.ends_with(',') ? kCommaBonus : 0;
}

// The quietest frame near `at`.
std::int64_t quietest(std::span<VoiceFrame const> frames, std::int64_t frames_from, std::int64_t at) {
  auto const frame = [&](std::int64_t position) {
    return std::clamp<std::int64_t>((position - frames_from) / kHop, 0, static_cast<std::int64_t>(frames.size()));
  };
  auto const first = frame(at - kQuietSearch), past = frame(at + kQuietSearch);
  if (first >= past) return at;
  auto const found =
      std::ranges::min_element(frames.begin() + first, frames.begin() + past, {}, &VoiceFrame::loudness_db);
  return frames_from + (found - frames.begin()) * kHop + kHop / 2;
}

std::vector<Cut> cuts_by_sound(std::span<RecognizedWord const> words, std::span<VoiceFrame const> frames,
                               std::int64_t frames_from) {
  std::vector<Cut> cuts;
  std::size_t next = 1;
  for (auto const& pause : pauses(frames, frames_from)) {
    std::optional<std::size_t> best;
    auto const cost = [&](std::size_t word) {
      return std::abs(boundary(words, word) - pause.middle()) - bonus(words[word - 1].text);
    };
    for (auto word = next; word < words.size(); ++word) {
      if (std::abs(boundary(words, word) - pause.middle()) > kOffBy) continue;
      if (!best || cost(word) < cost(*best)) best = word;
    }
    if (!best) continue;
    cuts.push_back({*best, pause.middle(), pause.to - pause.from});
    next = *best + 1;
  }
  auto const by_pause = cuts;
  for (std::size_t word = 1; word < words.size(); ++word) {
    bool const known = std::ranges::find(by_pause, word, &Cut::word) != by_pause.end();
    if (known || !ends_sentence(words[word - 1].text)) continue;
    cuts.push_back({word, quietest(frames, frames_from, boundary(words, word)), 0});
  }
  std::ranges::sort(cuts, {}, &Cut::word);
  return cuts;
}

std::vector<Cut> cuts_by_label(std::span<RecognizedWord const> words) {
  std::vector<Cut> cuts;
  for (std::size_t word = 1; word < words.size(); ++word) {
    if (words[word].speaker == words[word - 1].speaker) continue;
    cuts.push_back({word, boundary(words, word), std::max<std::int64_t>(0, words[word].from - words[word - 1].to)});
  }
  return cuts;
}

}  // namespace

bool ends_sentence(std::string_view word) { return word.ends_with('.') || word.ends_with('?') || word.ends_with('!'); }

std::vector<WordRun> turn_pieces(std::int64_t from, std::int64_t to, std::span<RecognizedWord const> words,
                                 std::span<VoiceFrame const> frames, std::int64_t frames_from) {
  if (words.empty()) return {};
  bool const labelled = std::ranges::any_of(words, [](auto const& word) { return word.speaker.has_value(); });
  std::vector<WordRun> out{{.first_word = 0, .past_word = words.size(), .from = from, .to = to}};
  for (auto const& cut : labelled ? cuts_by_label(words) : cuts_by_sound(words, frames, frames_from)) {
    auto& before = out.back();
    if (cut.at - before.from < kShortest || to - cut.at < kShortest) continue;
    before.past_word = cut.word;
    before.to = cut.at;
    out.push_back({.first_word = cut.word, .past_word = words.size(), .from = cut.at, .to = to, .pause = cut.pause});
  }
  return out;
}

}  // namespace sotto::speech
