// The live path of one track in virtual time, as fast as the machine can: stage 2 (G.711, resampling, frames), voice
// detector, segmenter, speech model. For benches that listen to files. A text is ready as long after its job as the
// decoding really took.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <functional>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "adapters/moonshine/confidence.h"
#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/silero_vad.h"
#include "adapters/moonshine/speech_engine.h"
#include "adapters/moonshine/track_listener.h"
#include "live/audio/g711.h"
#include "live/audio/resampler.h"
#include "live/audio/track_audio.h"

namespace sotto::bench {

namespace json = boost::json;

struct Models {
  SpeechModels speech;
  SileroVad vad;
  SegmenterOptions segmenter;
  std::shared_ptr<Keyterms const> keyterms{};
  bool times_estimated = false;  // as where the model does not say when a word was said
  Effort effort = Effort::full;
};

// A packet source in miniature: the channel at its own rate, or at 8 kHz through the telephone band and mu-law.
struct Channel {
  AudioFormat format;
  std::vector<std::uint8_t> bytes;
};

inline std::vector<float> resampled(std::vector<float> const& samples, int rate, int to) {
  if (rate == to) return samples;
  // The resampler of stage 2 goes to 16 kHz: pretending a rate of 16000 * rate / to gives `to`.
  std::vector<float> out;
  audio::Resampler(static_cast<int>(16000.0 * rate / to)).process(samples, true, out);
  return out;
}

inline Channel encode(std::vector<std::int16_t> const& samples, int rate, bool mulaw) {
  Channel channel{.format = {mulaw ? Coding::mulaw : Coding::pcm_s16le, mulaw ? 8000 : rate}, .bytes = {}};
  if (!mulaw) {
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(samples.data());
    channel.bytes.assign(bytes, bytes + samples.size() * 2);
    return channel;
  }
  std::vector<float> linear;
  for (auto const sample : samples) linear.push_back(static_cast<float>(sample) / 32768.0f);
  for (auto const sample : resampled(linear, rate, 8000)) {
    channel.bytes.push_back(audio::encode_mulaw(static_cast<std::int16_t>(std::clamp(sample, -1.0f, 1.0f) * 32767)));
  }
  return channel;
}

// What a bench wants to see besides.
struct Watch {
  std::function<void(std::int64_t from, std::vector<float> const& samples)> on_frame;
  std::function<void(SpeechEvent const& event)> on_event;
};

// The listener with one worker, both under a clock that follows the audio.
class VirtualListener {
 public:
  VirtualListener(Models const& models, Watch watch)
      : models_(models),
        watch_(std::move(watch)),
        listener_(1, models.segmenter, models.speech.listener_tokens(models.keyterms)) {}

  void push(std::int64_t from, std::vector<float> samples, Time now) {
    while (!answers_.empty() && answers_.front().ready <= now) deliver();
    if (!listener_.push(from, std::move(samples), now)) fmt::print(stderr, "more audio than a stream may hold\n");
    hear(now);
  }
  void finish(Time now) {
    listener_.finish();
    hear(now);
    while (!answers_.empty()) deliver();
  }
  json::array finals, pauses;

 private:
  static constexpr std::size_t kDecodedKept = 8;
  struct Answer {
    std::uint64_t ticket = 0;
    Decoding decoding;
    Time ready;
  };

  void hear(Time now) {
    while (true) {
      ListenerOutput out;
      auto lane = listener_.next_frame(now, out);
      carry_out(std::move(out), now);
      if (!lane) return;
      std::array lanes{*lane};
      models_.vad.run(lanes).value();
      ListenerOutput heard;
      listener_.on_probability(lanes[0].probability, now, heard);
      carry_out(std::move(heard), now);
    }
  }

  void deliver() {
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    decoded_.push_front(answer.decoding);
    if (decoded_.size() > kDecodedKept) decoded_.pop_back();
    ListenerOutput out;
    listener_.on_decoded(answer.ticket, std::move(answer.decoding), answer.ready, out);
    carry_out(std::move(out), answer.ready);
  }

  void carry_out(ListenerOutput out, Time now) {
    for (auto const ticket : out.cancelled) std::erase_if(answers_, [&](auto const& a) { return a.ticket == ticket; });
    for (auto const& event : out.events) {
      if (watch_.on_event) watch_.on_event(event);
      if (auto const* final = std::get_if<SpeechFinal>(&event)) note(*final, now);
      if (auto const* revised = std::get_if<SpeechRevised>(&event)) correct(*revised, now);
    }
    for (auto& job : out.jobs) {
      auto const begun = clock_.now();
      auto decoding = decode(models_.speech, job, job.carefully ? models_.effort : Effort::plain).value();
      auto const took = clock_.now() - begun;
      if (models_.times_estimated) {
        for (auto& word : decoding.words) word.when = {};
      }
      if (job.kind == DecodeKind::deciding)
        pauses.push_back(json::object{{"end_ms", to_ms(now.time_since_epoch())}, {"text", decoding.text}});
      auto const free = answers_.empty() ? now : std::max(now, answers_.back().ready);
      answers_.push_back({job.ticket, std::move(decoding), free + took});
    }
  }

  void note(SpeechFinal const& final, Time now) {
    auto const ms = [](std::int64_t sample) { return sample / 16; };
    finals.push_back(json::object{{"from_ms", ms(final.from)},
                                  {"to_ms", ms(final.to)},
                                  {"end_ms", ms(final.speech_end)},
                                  {"at_ms", to_ms(now.time_since_epoch())},
                                  {"reason", final.reason == FinalReason::endpoint ? "endpoint"
                                             : final.reason == FinalReason::limit  ? "limit"
                                                                                   : "finish"},
                                  {"text", final.text},
                                  {"words", words(final.text, final.words)}});
  }

  // With what their confidence was made of, where the decoding is one that gave this text.
  json::array words(std::string const& text, std::vector<RecognizedWord> const& recognized) const {
    auto const decoding = std::ranges::find_if(decoded_, [&](Decoding const& one) {
      return one.text == text && !one.words.empty() && !recognized.empty() &&
             one.words.front().confidence == recognized.front().confidence;
    });
    auto const features = decoding == decoded_.end() ? std::vector<ConfidenceFeatures>()
                                                     : confidence_features(text, decoding->words, decoding->beside);
    json::array out;
    for (std::size_t at = 0; at < recognized.size(); ++at) {
      auto const& word = recognized[at];
      json::object features_of_word;
      if (features.size() == recognized.size()) {
        for (auto const& [name, value] : features[at]) features_of_word.emplace(name, value);
      }
      out.push_back(json::object{{"text", word.text},
                                 {"start_ms", word.from / 16},
                                 {"end_ms", word.to / 16},
                                 {"estimated", word.estimated},
                                 {"confidence", word.confidence},
                                 {"features", std::move(features_of_word)}});
    }
    return out;
  }

  void correct(SpeechRevised const& revised, Time now) {
    for (auto& value : finals) {
      auto& final = value.as_object();
      if (final["from_ms"].to_number<std::int64_t>() != revised.from / 16) continue;
      final.emplace("first_text", final["text"]);
      final["text"] = revised.text;
      final["words"] = words(revised.text, revised.words);
      final["corrected_ms"] = to_ms(now.time_since_epoch());
    }
  }

  Models const& models_;
  Watch const watch_;
  SystemClock clock_;
  TrackListener listener_;
  std::deque<Answer> answers_;
  std::deque<Decoding> decoded_;  // the newest first
};

struct Listened {
  json::array finals, pauses;
};

inline Listened listen(Models const& models, Channel const& channel, Watch const& watch = {}) {
  audio::TrackAudio track(channel.format);
  VirtualListener listener(models, watch);
  auto const size = channel.format.bytes_per_sample();
  auto const total = static_cast<std::int64_t>(channel.bytes.size()) / size;
  auto const at = [&](std::int64_t sample) { return Time(Duration(sample * 1'000'000 / channel.format.rate)); };
  auto const drain = [&](Time now) {
    for (auto& output : track.take()) {
      auto* frame = std::get_if<audio::Frame>(&output);
      if (!frame) continue;
      if (watch.on_frame) watch.on_frame(frame->from, frame->samples);
      listener.push(frame->from, std::move(frame->samples), now);
    }
  };
  auto const step = channel.format.rate / 50;
  for (std::int64_t from = 0; from < total; from += step) {
    auto const to = std::min<std::int64_t>(total, from + step);
    track.accept({.first_sample = from,
                  .bytes = {channel.bytes.begin() + from * size, channel.bytes.begin() + to * size},
                  .arrived = at(to)});
    drain(at(to));
    track.forget(std::max<std::int64_t>(0, from - 20L * channel.format.rate));
  }
  track.end();
  drain(at(total));
  listener.finish(at(total));
  return {std::move(listener.finals), std::move(listener.pauses)};
}

// The models of the recogniser, or nullopt and a line on stderr.
inline std::optional<Models> load_models(std::string_view bench, SpeechModelNames const& names = {}) {
  auto speech = load_speech_models(".cache", names);
  auto vad = SileroVad::load(".cache/silero/silero_vad.onnx");
  if (speech && vad) return Models{std::move(*speech), std::move(*vad), {}};
  fmt::print(stderr, "{}: the models are not there; run make setup\n", bench);
  return std::nullopt;
}

}  // namespace sotto::bench
