#include "call/annotation.h"

#include "base/json.h"

namespace sotto {

namespace json = boost::json;

json::object to_json(Because const& because) {
  return {{"utterance", because.utterance}, {"speaker", because.speaker}, {"text", because.text},
          {"start_ms", because.start_ms},   {"end_ms", because.end_ms},   {"trigger", because.trigger},
          {"pattern", because.pattern},     {"score", because.score}};
}

json::object to_json(Source const& source) {
  return {
      {"file", source.file}, {"heading", source.heading}, {"passage", source.passage}, {"sentence", source.sentence}};
}

json::object to_json(StagesMs const& stages) {
  auto const value = [](std::optional<double> ms) { return ms ? json::value(*ms) : json::value(nullptr); };
  return {{"transit", value(stages.transit)},
          {"buffer", value(stages.buffer)},
          {"asr", value(stages.asr)},
          {"utterance", value(stages.utterance)},
          {"store", value(stages.store)},
          {"bus", value(stages.bus)},
          {"orchestrate", value(stages.orchestrate)},
          {"route", value(stages.route)},
          {"infer", value(stages.infer)},
          {"guide", value(stages.guide)}};
}

json::object to_json(Cue const& cue) {
  json::object out{{"id", cue.id},
                   {"call", cue.call},
                   {"utterance", cue.utterance},
                   {"policy", cue.policy},
                   {"policy_version", cue.policy_version},
                   {"kind", cue.kind},
                   {"match", cue.match},
                   {"lane", cue.lane == Lane::compliance ? "compliance" : "cue"},
                   {"priority", cue.priority},
                   {"headline", cue.headline},
                   {"body", cue.body},
                   {"because", to_json(cue.because)},
                   {"fresh_ms", cue.fresh_ms},
                   {"shown_ms", cue.shown_ms},
                   {"stages_ms", to_json(cue.stages_ms)},
                   {"spoken_us", cue.spoken.time_since_epoch().count()},
                   {"guided_us", cue.guided.time_since_epoch().count()}};
  out["source"] = cue.source ? json::value(to_json(*cue.source)) : json::value(nullptr);
  return out;
}

json::object to_json(Understood const& understood) {
  json::array intents;
  for (auto const& [name, probability] : understood.intents)
    intents.push_back(json::object{{"name", name}, {"probability", probability}});
  auto const value = [](std::optional<double> x) { return x ? json::value(*x) : json::value(nullptr); };
  return {{"utterance", understood.utterance},
          {"intents", std::move(intents)},
          {"sentiment", value(understood.sentiment)},
          {"mood", value(understood.mood)}};
}

json::object to_json(Moment const& moment) {
  return {{"policy", moment.policy}, {"policy_version", moment.policy_version}, {"because", to_json(moment.because)}};
}

json::object to_json(AlertRaised const& alert) {
  return {{"id", alert.id},
          {"policy", alert.policy},
          {"policy_version", alert.policy_version},
          {"severity", alert.severity},
          {"message", alert.message},
          {"because", to_json(alert.because)}};
}

json::object to_json(Tagged const& tagged) {
  return {{"tag", tagged.tag}, {"policy", tagged.policy}, {"because", to_json(tagged.because)}};
}

json::object to_json(WebhookRequested const& request) {
  json::object out{{"id", request.id},
                   {"cue", request.cue},
                   {"webhook", request.webhook},
                   {"policy", request.policy},
                   {"policy_version", request.policy_version},
                   {"tags", json::array(request.tags.begin(), request.tags.end())},
                   {"because", to_json(request.because)}};
  if (!request.message.empty()) out["alert"] = {{"severity", request.severity}, {"message", request.message}};
  return out;
}

json::object to_json(Tick const& tick) {
  return {{"item", tick.item}, {"label", tick.label}, {"policy", tick.policy}, {"because", to_json(tick.because)}};
}

json::object to_json(Untick const& untick) {
  return {{"item", untick.item}, {"utterance", untick.utterance}, {"reason", "corrected"}};
}

json::object to_json(CueClosed const& closed) { return {{"id", closed.id}, {"reason", closed.reason}}; }

static Because because_from_json(json::object const& in) {
  return {.utterance = get_string(in, "utterance"),
          .speaker = get_string(in, "speaker"),
          .text = get_string(in, "text"),
          .start_ms = get_int(in, "start_ms"),
          .end_ms = get_int(in, "end_ms"),
          .trigger = get_string(in, "trigger"),
          .pattern = get_string(in, "pattern"),
          .score = get_double(in, "score")};
}

static StagesMs stages_from_json(json::object const& in) {
  auto const value = [&](char const* key) -> std::optional<double> {
    auto const* found = in.if_contains(key);
    if (!found || !found->is_number()) return std::nullopt;
    return found->to_number<double>();
  };
  return {value("transit"), value("buffer"),      value("asr"),   value("utterance"), value("store"),
          value("bus"),     value("orchestrate"), value("route"), value("infer"),     value("guide")};
}

std::optional<Cue> cue_from_json(json::object const& in) {
  Cue cue{.id = get_string(in, "id"),
          .call = get_string(in, "call"),
          .utterance = get_string(in, "utterance"),
          .policy = get_string(in, "policy"),
          .policy_version = get_string(in, "policy_version"),
          .kind = get_string(in, "kind"),
          .match = get_string(in, "match"),
          .lane = get_string(in, "lane") == "compliance" ? Lane::compliance : Lane::cue,
          .priority = static_cast<int>(get_int(in, "priority", 50)),
          .headline = get_string(in, "headline"),
          .body = get_string(in, "body"),
          .because = {},
          .source = std::nullopt,
          .fresh_ms = get_int(in, "fresh_ms", 6000),
          .shown_ms = get_int(in, "shown_ms", 20000),
          .stages_ms = {},
          .spoken = Time(Duration(get_int(in, "spoken_us"))),
          .guided = Time(Duration(get_int(in, "guided_us")))};
  if (cue.id.empty()) return std::nullopt;
  if (auto const* because = get_object(in, "because")) cue.because = because_from_json(*because);
  if (auto const* stages = get_object(in, "stages_ms")) cue.stages_ms = stages_from_json(*stages);
  if (auto const* source = get_object(in, "source")) {
    cue.source = Source{get_string(*source, "file"), get_string(*source, "heading"), get_string(*source, "passage"),
                        get_string(*source, "sentence")};
  }
  return cue;
}

}  // namespace sotto
