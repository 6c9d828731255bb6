// The live path of one track in virtual time, as fast as the machine can: stage 2 (G.711, resampling, frames), voice
// detector, segmenter, speech model; beside it the same model on whole utterances. Used by wer.py and models/endings.
//   bench_listen [--waits FINISHED_MS,OPEN_MS] < REQUESTS > ANSWERS        one JSON object a line:
//   request {"wav", "channel", "mulaw": bool, "spans": [[start_ms, end_ms], ...]}      spans: the whole utterances
//   answer  {"wav", "channel", "live": [{"from_ms", "to_ms", "end_ms", "at_ms", "reason", "text"}], "whole": [text],
//            "pauses": [{"end_ms", "text"}]}                 the words so far at each pause, as the endpoint sees them
// A text is ready as long after its job as the decoding really took; at_ms is when the final is out. One that was
// corrected says in `first_text` what it was, and in `corrected_ms` when.
#include <algorithm>
#include <cstdio>
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
    texts.push_back(json::string(models.speech.decode(std::span(frames).subspan(from, to - from)).value().text));
  }
  return texts;
}

}  // namespace

int main(int argc, char** argv) {
  auto models = load_models("bench_listen");
  if (!models) return 1;
  auto& waits = models->segmenter;
  bool const asked = argc == 3 && std::string_view(argv[1]) == "--waits";
  int finished_ms = 0, open_ms = 0;
  if ((argc > 1 && !asked) || (asked && std::sscanf(argv[2], "%d,%d", &finished_ms, &open_ms) != 2)) {
    fmt::print(stderr, "Usage: bench_listen [--waits FINISHED_MS,OPEN_MS] < REQUESTS\n");
    return 2;
  }
  if (asked) {
    waits.wait_finished = std::chrono::milliseconds(finished_ms);
    waits.wait_open = std::chrono::milliseconds(open_ms);
  }
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
    auto listened = listen(*models, channel);
    fmt::print("{}\n",
               json::serialize(json::object{{"wav", file},
                                            {"channel", number},
                                            {"live", std::move(listened.finals)},
                                            {"pauses", std::move(listened.pauses)},
                                            {"whole", whole(*models, channel, request.at("spans").as_array())}}));
    std::fflush(stdout);
  }
  return 0;
}
