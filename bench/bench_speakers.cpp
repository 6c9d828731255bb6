// Who speaks in one-channel recordings, by the live path in virtual time. Used by speakers.py and models/speakers.
//   bench_speakers < REQUESTS > ANSWERS               one JSON object a line:
//     request {"wav", "mulaw": bool}                  channels are summed
//     answer  {"wav", "ms", "words": [{"text", "start_ms", "end_ms", "speaker", "first", "confidence", "pause": bool}],
//              "cost": share of a core, "finals": [...]}   speaker: after corrections; first: as first told; pause: one
//              is before it; finals: of the recogniser: a request that holds them is answered without it, for tuning
//   bench_speakers --options VOICE,WORDS,FIRST ...    other TwoVoicesOptions, for tuning
//   bench_speakers --statistics < REQUESTS > ANSWERS  request {"wav", "pieces_ms": [[from, to], ...]}
//     answer  {"wav", "pieces": [{"frames", "at": [...]}]}     the statistics of voice_vector.h; mu-law at 8 kHz
#include <cstdio>
#include <iostream>

#include "adapters/sndfile/wav.h"
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

json::object to_json(SpeechFinal const& final) {
  json::array words;
  for (auto const& word : final.words) words.push_back(json::array{word.text, word.from, word.to});
  return {{"from", final.from},
          {"to", final.to},
          {"speech_end", final.speech_end},
          {"text", final.text},
          {"words", std::move(words)}};
}

SpeechFinal final_from(json::object const& object) {
  auto const number = [](json::value const& value) { return value.to_number<std::int64_t>(); };
  SpeechFinal final{.from = number(object.at("from")),
                    .to = number(object.at("to")),
                    .text = std::string(object.at("text").as_string()),
                    .words = {},
                    .speech_end = number(object.at("speech_end"))};
  for (auto const& word : object.at("words").as_array()) {
    final.words.push_back({std::string(word.at(0).as_string()), number(word.at(1)), number(word.at(2))});
  }
  return final;
}

// The finals that a request holds, each after its last frame.
void listen_again(Channel const& channel, json::array const& finals, Watch const& watch) {
  std::vector<float> linear, samples;
  audio::decode(channel.format.coding, channel.bytes, linear);
  audio::Resampler(channel.format.rate).process(linear, true, samples);
  std::size_t at = 0;
  for (auto const& value : finals) {
    auto const final = final_from(value.as_object());
    auto const end = std::min(samples.size(), static_cast<std::size_t>(final.to) + 8000);
    for (; at + 320 <= end; at += 320) {
      auto const begin = samples.begin() + static_cast<std::ptrdiff_t>(at);
      watch.on_frame(static_cast<std::int64_t>(at), {begin, begin + 320});
    }
    watch.on_event(final);
  }
}

json::object speakers_of(Models const& models, json::object const& request, app::Wav const& wav,
                         speech::TwoVoicesOptions options) {
  json::array finals;
  speech::Speakers speakers(options);
  std::vector<Told> told;
  SystemClock const clock;
  Duration spent{};
  auto const timed = [&](auto work) {
    auto const begun = clock.now();
    work();
    spent += clock.now() - begun;
  };
  auto const on_final = [&](SpeechFinal const& final) {
    finals.push_back(to_json(final));
    for (auto& part : speakers.on_final(final)) told.push_back({part, part.speaker.party});
    for (auto const& correction : speakers.take_corrections()) {
      auto const found = std::ranges::find_if(told, [&](auto const& t) { return t.part.id == correction.id; });
      if (found != told.end()) found->part.speaker = correction.speaker;
    }
    speakers.forget(final.to);
  };
  Watch const watch{.on_frame = [&](auto from, auto const& samples) { timed([&] { speakers.push(from, samples); }); },
                    .on_event =
                        [&](SpeechEvent const& event) {
                          if (auto const* final = std::get_if<SpeechFinal>(&event)) timed([&] { on_final(*final); });
                        }};
  auto const samples = summed(wav);
  auto const channel = encode(samples, wav.rate, request.at("mulaw").as_bool());
  if (auto const* known = request.if_contains("finals")) listen_again(channel, known->as_array(), watch);
  else static_cast<void>(listen(models, channel, watch));
  auto const ms = static_cast<std::int64_t>(samples.size()) * 1000 / wav.rate;
  return {{"wav", request.at("wav")},
          {"ms", ms},
          {"finals", std::move(finals)},
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
  speech::TwoVoicesOptions options;
  bool const tuned =
      argc == 3 && std::string_view(argv[1]) == "--options" &&
      std::sscanf(argv[2], "%lf,%lf,%lf", &options.voice_weight, &options.words_weight, &options.first_is_agent) == 3;
  if (argc > 1 && !statistics && !tuned) {
    fmt::print(stderr, "Usage: bench_speakers [--statistics | --options VOICE,WORDS,FIRST] < REQUESTS\n");
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
                                   : speakers_of(*models, request, *wav, options);
    fmt::print("{}\n", json::serialize(answer));
    std::fflush(stdout);
  }
  return 0;
}
