#include "call/utterance.h"

#include <cmath>

#include "base/json.h"

namespace sotto {

namespace json = boost::json;

std::string Utterance::id() const { return std::string(name(track)) + "-" + std::to_string(n); }

json::object to_json(Utterance const& utterance) {
  json::array words;
  for (auto const& word : utterance.words) {
    words.push_back(json::object{
        {"text", word.text}, {"start_ms", word.start_ms}, {"end_ms", word.end_ms}, {"estimated", word.estimated}});
  }
  json::object out{{"call", utterance.call},         {"track", name(utterance.track)}, {"utterance", utterance.n},
                   {"revision", utterance.revision}, {"text", utterance.text},         {"start_ms", utterance.start_ms},
                   {"end_ms", utterance.end_ms},     {"from", utterance.from},         {"to", utterance.to},
                   {"words", std::move(words)}};
  json::array entities;
  for (auto const& one : utterance.entities) {
    entities.push_back(json::object{{"kind", one.kind},
                                    {"value", one.value},
                                    {"text", one.text},
                                    {"start_ms", one.start_ms},
                                    {"end_ms", one.end_ms},
                                    {"valid", one.valid}});
  }
  if (!entities.empty()) out["entities"] = std::move(entities);
  if (!utterance.reason.empty()) out["reason"] = utterance.reason;
  if (utterance.speaker) {
    out["speaker"] = name(*utterance.speaker);
    out["speaker_confidence"] = std::round(utterance.speaker_confidence * 100) / 100;
  }
  return out;
}

Result<Utterance> utterance_from_json(json::object const& data) {
  auto const track = parse_track(get_string(data, "track"));
  if (!track) return fail("bad_event", "utterance without a known track");
  Utterance out{.call = get_string(data, "call"),
                .track = *track,
                .n = get_int(data, "utterance"),
                .revision = static_cast<int>(get_int(data, "revision")),
                .from = get_int(data, "from"),
                .to = get_int(data, "to"),
                .start_ms = get_int(data, "start_ms"),
                .end_ms = get_int(data, "end_ms"),
                .text = get_string(data, "text"),
                .words = {},
                .reason = get_string(data, "reason"),
                .speaker = parse_track(get_string(data, "speaker")),
                .speaker_confidence = get_double(data, "speaker_confidence", 0)};
  if (auto const* words = get_array(data, "words")) {
    for (auto const& value : *words) {
      auto const* word = value.if_object();
      if (!word) return fail("bad_event", "a word that is not an object");
      out.words.push_back({get_string(*word, "text"), get_int(*word, "start_ms"), get_int(*word, "end_ms"),
                           get_bool(*word, "estimated", true)});
    }
  }
  if (auto const* entities = get_array(data, "entities")) {
    for (auto const& value : *entities) {
      auto const* one = value.if_object();
      if (!one) return fail("bad_event", "an entity that is not an object");
      out.entities.push_back({get_string(*one, "kind"), get_string(*one, "value"), get_string(*one, "text"),
                              get_int(*one, "start_ms"), get_int(*one, "end_ms"), get_bool(*one, "valid")});
    }
  }
  return out;
}

}  // namespace sotto
