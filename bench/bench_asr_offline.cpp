// A speech model on whole utterances, one after the other: bench/asr_offline.py asks this and its peer in turns.
//   bench_asr_offline MODEL < FILES > ANSWERS
// FILES: a WAV file at 16 kHz a line. ANSWERS: {"text", "s"} a line; s: of processor, from samples to
// text.
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "adapters/moonshine/moonshine_model.h"
#include "adapters/sndfile/wav.h"

using namespace sotto;

int main(int argc, char** argv) {
  auto const model = MoonshineModel::load(fmt::format(".cache/moonshine-{}", argc == 2 ? argv[1] : ""));
  if (!model) {
    fmt::print(stderr, "bench_asr_offline: {}\n", model.error().message);
    return 1;
  }
  for (std::string file; std::getline(std::cin, file);) {
    auto const wav = app::read_wav(file);
    if (!wav || wav->rate != 16000) {
      fmt::print(stderr, "bench_asr_offline: {}: not a WAV file at 16 kHz\n", file);
      return 1;
    }
    std::vector<float> samples;
    for (auto const sample : wav->channels.front()) samples.push_back(static_cast<float>(sample) / 32768.0f);
    auto const begun = std::clock();
    auto const decoding = model->decode(samples);
    auto const took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    if (!decoding) {
      fmt::print(stderr, "bench_asr_offline: {}\n", decoding.error().message);
      return 1;
    }
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"text", decoding->text}, {"s", took}}));
    std::fflush(stdout);
  }
  return 0;
}
