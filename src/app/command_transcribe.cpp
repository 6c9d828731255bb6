#include <cmath>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/moonshine/transcriber.h"
#include "app/commands.h"
#include "app/wav.h"
#include "base/limits.h"
#include "live/audio/resampler.h"

namespace sotto::app {

namespace json = boost::json;

static double seconds(std::int64_t frame) { return static_cast<double>(frame) / limits::frame_rate_hz; }

static json::object final_json(SpeechFinal const& final) {
  json::array words;
  for (auto const& word : final.words) {
    words.push_back(json::object{{"text", word.text},
                                 {"start_ms", std::llround(seconds(word.from) * 1000)},
                                 {"end_ms", std::llround(seconds(word.to) * 1000)},
                                 {"estimated", word.estimated}});
  }
  return {{"start_ms", std::llround(seconds(final.from) * 1000)},
          {"end_ms", std::llround(seconds(final.to) * 1000)},
          {"text", final.text},
          {"words", std::move(words)}};
}

static Result<void> transcribe_file(Transcriber& transcriber, std::filesystem::path const& file, bool as_json,
                                    bool named) {
  auto const wav = read_wav(file);
  if (!wav) return std::unexpected(wav.error());
  json::array channels;
  for (std::size_t at = 0; at < wav->channels.size(); ++at) {
    std::vector<float> linear, frames;
    for (auto const sample : wav->channels[at]) linear.push_back(static_cast<float>(sample) / 32768.0f);
    audio::Resampler(wav->rate).process(linear, true, frames);
    auto const finals = transcriber.transcribe(frames);
    if (!finals) return std::unexpected(finals.error());
    json::array list;
    for (auto const& final : *finals) {
      list.push_back(final_json(final));
      auto const channel = wav->channels.size() > 1 ? fmt::format("  {}", at == 0 ? "left " : "right") : std::string();
      if (!as_json)
        fmt::print("{}{:7.2f}{}  {}\n", named ? file.string() + "  " : "", seconds(final.from), channel, final.text);
    }
    channels.push_back(json::object{{"channel", at}, {"utterances", std::move(list)}});
  }
  if (as_json)
    fmt::print("{}\n", json::serialize(json::object{
                           {"file", file.string()}, {"rate", wav->rate}, {"channels", std::move(channels)}}));
  return {};
}

int run_transcribe(TranscribeCommand const& command) {
  SystemClock const clock;
  auto transcriber = Transcriber::make(
      {.moonshine_dir = command.models / "moonshine", .silero_file = command.models / "silero" / "silero_vad.onnx"},
      clock);
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
