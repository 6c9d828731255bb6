// The live path of one track in virtual time, as fast as the machine can: stage 2 (G.711, resampling, frames), voice
// detector, segmenter, speech model; beside it the same model on whole utterances. Used by wer.py and models/endings.
//   bench_listen [--waits FINISHED_MS,OPEN_MS] [--models FINALS,PARTIALS] [--times measured|estimated]
//   [--effort plain|full] < REQUESTS > ANSWERS
// One JSON object a line:
//   request {"wav", "channel", "mulaw": bool, "spans": [[start_ms, end_ms], ...], "keyterms": [TERM, ...]}
//            spans: the whole utterances; keyterms may be left out; "partials": false: none are decoded
//   answer  {"wav", "channel", "live": [{"from_ms", "to_ms", "end_ms", "at_ms", "reason", "text", "words": [...]}],
//   "whole": [text],
//            "pauses": [{"end_ms", "text"}], "audio_s", "cpu_s"}
//            words: [{"text", "start_ms", "end_ms", "estimated", "confidence", "features": what the confidence is made
//            of}] pauses: the words so far at each, as the endpoint sees them; cpu_s: of the live path
// A text is ready as long after its job as the decoding really took; at_ms is when the final is out. One that was
// corrected says in `first_text` what it was, and in `corrected_ms` when.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "adapters/sndfile/wav.h"
#include "virtual_listener.h"

using namespace sotto;
using namespace sotto::bench;

namespace {

json::array whole(Models const& models, Channel const& channel, json::array const& spans) {
  std::vector<float> linear, frames;
  audio::decode(channel.format.coding, channel.bytes, linear);
  audio::Resampler(channel.format.rate).process(linear, true, frames);
  json::array texts;
  for (auto const& span : spans) {
    auto const length = static_cast<std::int64_t>(frames.size());
    auto const from = std::clamp<std::int64_t>(span.at(0).to_number<std::int64_t>() * 16, 0, length);
    auto const to = std::clamp<std::int64_t>(span.at(1).to_number<std::int64_t>() * 16, from, length);
    DecodeJob job{.kind = DecodeKind::deciding, .audio = {frames.begin() + from, frames.begin() + to}};
    texts.push_back(json::string(decode(models.speech, job, models.effort).value().text));
  }
  return texts;
}

std::shared_ptr<Keyterms const> keyterms_of(json::object const& request, MoonshineTokens const& tokens) {
  auto const* listed = request.if_contains("keyterms");
  if (!listed) return nullptr;
  return std::make_shared<Keyterms const>(json::value_to<std::vector<std::string>>(*listed), tokens);
}

}  // namespace

int main(int argc, char** argv) {
  SpeechModelNames names;
  SegmenterOptions waits;
  auto effort = Effort::full;
  bool good = argc % 2 == 1, times_estimated = false;
  for (int at = 1; good && at < argc; at += 2) {
    std::string_view const flag = argv[at], value = argv[at + 1];
    int finished_ms = 0, open_ms = 0;
    if (flag == "--waits" && std::sscanf(argv[at + 1], "%d,%d", &finished_ms, &open_ms) == 2) {
      waits.wait_finished = std::chrono::milliseconds(finished_ms);
      waits.wait_open = std::chrono::milliseconds(open_ms);
    } else if (auto const comma = value.find(','); flag == "--models" && comma != std::string_view::npos) {
      names = {.finals = std::string(value.substr(0, comma)), .partials = std::string(value.substr(comma + 1))};
    } else if (flag == "--times" && (value == "measured" || value == "estimated")) {
      times_estimated = value == "estimated";
    } else if (flag == "--effort" && (value == "plain" || value == "full")) {
      effort = value == "plain" ? Effort::plain : Effort::full;
    } else {
      good = false;
    }
  }
  if (!good) {
    fmt::print(stderr,
               "Usage: bench_listen [--waits FINISHED_MS,OPEN_MS] [--models FINALS,PARTIALS] "
               "[--times measured|estimated] [--effort plain|full] < REQUESTS\n");
    return 2;
  }
  auto models = load_models("bench_listen", names);
  if (!models) return 1;
  models->segmenter = waits;
  models->effort = effort;
  models->times_estimated = times_estimated;
  for (std::string line; std::getline(std::cin, line);) {
    auto const request = json::parse(line).as_object();
    auto const file = std::string(request.at("wav").as_string());
    auto const wav = app::read_wav(file);
    if (!wav) {
      fmt::print(stderr, "{}\n", wav.error().message);
      return 1;
    }
    auto const number = request.at("channel").to_number<std::size_t>();
    auto const channel = encode(wav->channels.at(number), wav->rate, request.at("mulaw").as_bool());
    models->keyterms = keyterms_of(request, models->speech.finals->tokens());
    auto const* partials = request.if_contains("partials");
    constexpr int never = 1 << 30;
    models->segmenter.partial_first_frames =
        partials && !partials->as_bool() ? never : SegmenterOptions{}.partial_first_frames;
    auto const begun = std::clock();
    auto listened = listen(*models, channel);
    auto const cpu_s = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    auto const samples = static_cast<double>(channel.bytes.size()) / channel.format.bytes_per_sample();
    fmt::print("{}\n",
               json::serialize(json::object{{"wav", file},
                                            {"channel", number},
                                            {"live", std::move(listened.finals)},
                                            {"pauses", std::move(listened.pauses)},
                                            {"audio_s", samples / channel.format.rate},
                                            {"cpu_s", cpu_s},
                                            {"whole", whole(*models, channel, request.at("spans").as_array())}}));
    std::fflush(stdout);
  }
  return 0;
}
