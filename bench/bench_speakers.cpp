// Who speaks in one-channel recordings, by the live path in virtual time. Used by speakers.py and models/speakers.
//   bench_speakers < REQUESTS > ANSWERS               one JSON object a line:
//     request {"wav", "mulaw": bool}                  channels are summed
//     answer  {"wav", "ms", "words": [{"text", "start_ms", "end_ms", "speaker", "first", "confidence", "pause": bool}],
//              "cost": share of a core}     speaker: after corrections; first: as first told; pause: one is before it
//   bench_speakers --statistics < REQUESTS > ANSWERS  request {"wav", "pieces_ms": [[from, to], ...]}
//     answer  {"wav", "pieces": [{"frames", "at": [...]}]}     the statistics of voice_vector.h; mu-law at 8 kHz
#include <cstdio>
#include <iostream>

#include "app/wav.h"
#include "live/speech/speakers.h"
#include "virtual_listener.h"

using namespace sotto;
using namespace sotto::bench;

namespace {

std::vector<std::int16_t> summed(app::Wav const& wav) {
  auto out = wav.channels.front();
  for (std::size_t at = 1; at < wav.channels.size(); ++at) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<std::int16_t>(std::clamp(out[i] + wav.channels[at][i], -32768, 32767));
    }
  }
  return out;
}

struct Told {
  speech::SpeakerPart part;
  Track first;
};

json::array words_of(std::vector<Told> const& told) {
  json::array out;
  for (auto const& [part, first] : told) {
    std::int64_t before = 0;
    for (auto const& word : part.words) {
      out.push_back(json::object{{"text", word.text},
                                 {"start_ms", word.from / 16},
                                 {"end_ms", word.to / 16},
                                 {"speaker", name(part.speaker.party)},
                                 {"first", name(first)},
                                 {"confidence", part.speaker.confidence},
                                 {"pause", word.from - before > 0.12 * 16000}});
      before = word.to;
    }
  }
  return out;
}

json::object speakers_of(Models const& models, std::string const& file, app::Wav const& wav, bool mulaw) {
  speech::Speakers speakers;
  std::vector<Told> told;
  SystemClock const clock;
  Duration spent{};
  auto const timed = [&](auto work) {
    auto const begun = clock.now();
    work();
    spent += clock.now() - begun;
  };
  auto const on_final = [&](SpeechFinal const& final) {
    for (auto& part : speakers.on_final(final)) told.push_back({part, part.speaker.party});
    for (auto const& correction : speakers.take_corrections()) {
      auto const found = std::ranges::find_if(told, [&](auto const& t) { return t.part.id == correction.id; });
      if (found != told.end()) found->part.speaker = correction.speaker;
    }
    speakers.forget(final.to);
  };
  Watch const watch{
      .on_frame = [&](auto from, auto const& samples) { timed([&] { speakers.push(from, samples); }); },
      .on_event =
          [&](SpeechEvent const& event) {
            if (auto const* final = std::get_if<SpeechFinal>(&event)) timed([&] { on_final(*final); });
          }};
  auto const samples = summed(wav);
  static_cast<void>(listen(models, encode(samples, wav.rate, mulaw), watch));
  auto const ms = static_cast<std::int64_t>(samples.size()) * 1000 / wav.rate;
  return {{"wav", file},
          {"ms", ms},
          {"words", words_of(told)},
          {"cost", to_ms(spent) / static_cast<double>(std::max<std::int64_t>(1, ms))}};
}

json::object statistics_of(std::string const& file, app::Wav const& wav, json::array const& pieces) {
  auto const channel = encode(summed(wav), wav.rate, true);
  std::vector<float> linear, samples;
  audio::decode(channel.format.coding, channel.bytes, linear);
  audio::Resampler(channel.format.rate).process(linear, true, samples);
  speech::VoiceFrames frames;
  frames.push(0, samples);
  json::array out;
  for (auto const& piece : pieces) {
    auto const at = [&](std::size_t side) { return piece.at(side).to_number<std::int64_t>() * 16; };
    auto const speech = speech::speech_of(frames.within(at(0), at(1)));
    if (speech.size() < 10) continue;
    auto const known = speech::statistics(speech);
    out.push_back(json::object{{"frames", speech.size()}, {"at", json::array(known.begin(), known.end())}});
  }
  return {{"wav", file}, {"pieces", std::move(out)}};
}

}  // namespace

int main(int argc, char** argv) {
  bool const statistics = argc == 2 && std::string_view(argv[1]) == "--statistics";
  if (argc > 1 && !statistics) {
    fmt::print(stderr, "Usage: bench_speakers [--statistics] < REQUESTS\n");
    return 2;
  }
  std::optional<Models> models;
  if (!statistics && !(models = load_models("bench_speakers"))) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    auto const request = json::parse(line).as_object();
    auto const file = std::string(request.at("wav").as_string());
    auto const wav = app::read_wav(file);
    if (!wav) {
      fmt::print(stderr, "{}\n", wav.error().message);
      return 1;
    }
    auto const answer = statistics ? statistics_of(file, *wav, request.at("pieces_ms").as_array())
                                   : speakers_of(*models, file, *wav, request.at("mulaw").as_bool());
    fmt::print("{}\n", json::serialize(answer));
    std::fflush(stdout);
  }
  return 0;
}
