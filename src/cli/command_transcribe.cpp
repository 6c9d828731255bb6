#include <algorithm>
#include <cmath>
#include <span>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/moonshine/transcriber.h"
#include "adapters/sndfile/wav.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "cli/commands.h"
#include "live/audio/offset.h"
#include "live/audio/resampler.h"
#include "live/audio/suspect_audio.h"

namespace sotto::app {

namespace json = boost::json;

static double seconds(std::int64_t frame) { return static_cast<double>(frame) / limits::kFrameRateHz; }

static json::object final_json(SpeechFinal const& final) {
  json::array words;
  for (auto const& word : final.words) {
    words.push_back(json::object{{"text", word.text},
                                 {"start_ms", std::llround(seconds(word.from) * 1000)},
                                 {"end_ms", std::llround(seconds(word.to) * 1000)},
                                 {"estimated", word.estimated},
                                 {"confidence", std::round(word.confidence * 1e4) / 1e4}});
  }
  return {{"start_ms", std::llround(seconds(final.from) * 1000)},
          {"end_ms", std::llround(seconds(final.to) * 1000)},
          {"text", final.text},
          {"words", std::move(words)}};
}

// Finals of a line that was driven beyond what carries words are moved to those without words, as in a call.
static std::size_t move_distorted(std::span<float const> frames, Transcriber::Transcript& transcript) {
  audio::SuspectAudio suspect;
  std::vector<SpeechFinal> good;
  std::size_t heard = 0, moved = 0;
  for (auto& final : transcript.finals) {
    for (; heard < frames.size() && static_cast<std::int64_t>(heard) < final.to; heard += limits::kFrameSamples) {
      auto const count = std::min<std::size_t>(limits::kFrameSamples, frames.size() - heard);
      suspect.on_frame(Track::customer, static_cast<std::int64_t>(heard), frames.subspan(heard, count));
    }
    bool const distorted =
        suspect.judge(Track::customer, final.from, final.to) == audio::SuspectAudio::Verdict::distorted;
    moved += distorted ? 1 : 0;
    (distorted ? transcript.unheard : good).push_back(std::move(final));
  }
  transcript.finals = std::move(good);
  std::ranges::sort(transcript.unheard, {}, &SpeechFinal::from);
  return moved;
}

static Result<void> transcribe_file(Transcriber& transcriber, std::filesystem::path const& file, bool as_json,
                                    bool named) {
  auto const wav = read_wav(file);
  if (!wav) return std::unexpected(wav.error());
  for (auto const& note : wav->notes) fmt::print(stderr, "{}\n", note);
  auto const name = language::escaped(file.string());
  json::array channels;
  for (std::size_t at = 0; at < wav->channels.size(); ++at) {
    std::vector<float> linear, frames;
    for (auto const sample : wav->channels[at]) linear.push_back(static_cast<float>(sample) / 32768.0f);
    audio::Offset(wav->rate).remove(linear);
    audio::Resampler(wav->rate).process(linear, true, frames);
    auto transcript = transcriber.transcribe(frames);
    if (!transcript) return std::unexpected(transcript.error());
    auto const side = wav->channels.size() < 2 ? "" : at == 0 ? ", left" : ", right";
    if (move_distorted(frames, *transcript) > 0)
      fmt::print(stderr, "{}{}: the line is driven far beyond its range: its words cannot be trusted\n", name, side);
    if (transcript->finals.empty() && transcript->unheard.empty())
      fmt::print(stderr, "{}{}: no voice is in it\n", name, side);
    json::array list, unheard;
    for (auto const& final : transcript->unheard) {
      unheard.push_back(json::object{{"start_ms", std::llround(seconds(final.from) * 1000)},
                                     {"end_ms", std::llround(seconds(final.to) * 1000)}});
      fmt::print(stderr, "{}: {:.2f} to {:.2f} s{}: a voice, but no words that can be trusted\n", name,
                 seconds(final.from), seconds(final.to), side);
    }
    for (auto const& final : transcript->finals) {
      list.push_back(final_json(final));
      auto const channel = wav->channels.size() > 1 ? fmt::format("  {}", at == 0 ? "left " : "right") : std::string();
      if (!as_json) fmt::print("{}{:7.2f}{}  {}\n", named ? name + "  " : "", seconds(final.from), channel, final.text);
    }
    channels.push_back(json::object{{"channel", at}, {"utterances", std::move(list)}, {"unheard", std::move(unheard)}});
  }
  if (as_json)
    fmt::print("{}\n",
               json::serialize(json::object{{"file", name}, {"rate", wav->rate}, {"channels", std::move(channels)}}));
  return {};
}

int run_transcribe(TranscribeCommand const& command) {
  SystemClock const clock;
  auto transcriber = Transcriber::make(
      {.models = command.models, .names = {.finals = command.model, .partials = command.model}}, clock);
  if (!transcriber) {
    fmt::print(stderr, "sotto transcribe: {}\n", transcriber.error().message);
    return 1;
  }
  int failed = 0;
  for (auto const& file : command.files) {
    if (auto done = transcribe_file(**transcriber, file, command.json, command.files.size() > 1); !done) {
      fmt::print(stderr, "sotto transcribe: {}\n", done.error().message);
      ++failed;
    }
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace sotto::app
