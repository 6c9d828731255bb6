#include "adapters/redis/notice_codec.h"

#include <array>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "call/event_codec.h"

namespace sotto::redis {

namespace json = boost::json;

namespace {

constexpr std::array kStamps{&PathStamps::spoken,     &PathStamps::arrived,     &PathStamps::buffered,
                             &PathStamps::recognised, &PathStamps::built,       &PathStamps::stored,
                             &PathStamps::published,  &PathStamps::orchestrated};

std::int64_t microseconds(Time time) { return time.time_since_epoch().count(); }

json::object written(Event const& event) {
  json::array stamps;
  for (auto const stamp : kStamps) stamps.push_back(microseconds(event.stamps.*stamp));
  return {{"event", to_cloud_event(event)}, {"us", microseconds(event.time)}, {"stamps", std::move(stamps)}};
}

json::object written(Beat const& beat) {
  json::object out{{"call", beat.call},         {"tenant", beat.tenant},
                   {"media_ms", beat.media_ms}, {"running_ms", beat.running_ms},
                   {"quiet_ms", beat.quiet_ms}, {"lag_ms", beat.lag_ms},
                   {"ending", beat.ending}};
  if (beat.coverage) {
    json::object coverage;
    for (auto const& [track, of_track] : *beat.coverage) coverage[name(track)] = to_json(of_track);
    out["coverage"] = std::move(coverage);
  }
  return {{"beat", std::move(out)}};
}

json::object written(Erased const& erased) {
  return {{"erased", json::object{{"call", erased.call}, {"tenant", erased.tenant}}}};
}

Result<Notice> read_event(json::object const& object, json::object const& cloud_event) {
  auto event = event_from_cloud_event(cloud_event);
  if (!event) return std::unexpected(event.error());
  event->time = Time(Duration(get_int(object, "us")));
  if (auto const* stamps = object.if_contains("stamps"); stamps && stamps->is_array()) {
    auto const& times = stamps->get_array();
    for (std::size_t i = 0; i < std::min(times.size(), kStamps.size()); ++i)
      if (times[i].is_int64()) event->stamps.*kStamps.at(i) = Time(Duration(times[i].get_int64()));
  }
  return Notice(std::move(*event));
}

Result<Notice> read_beat(json::object const& object) {
  Beat out{.call = get_string(object, "call"),
           .tenant = get_string(object, "tenant"),
           .media_ms = get_int(object, "media_ms"),
           .running_ms = get_int(object, "running_ms"),
           .quiet_ms = get_int(object, "quiet_ms"),
           .lag_ms = get_int(object, "lag_ms"),
           .ending = get_bool(object, "ending")};
  if (auto const* coverage = object.if_contains("coverage"); coverage && coverage->is_object()) {
    out.coverage.emplace();
    for (auto const& [key, value] : coverage->get_object()) {
      auto const track = parse_track(key);
      auto of_track = value.is_object() ? from_json<TrackCoverage>(value.get_object())
                                        : Result<TrackCoverage>(fail("bad_field", "coverage is no object"));
      if (!of_track) return std::unexpected(of_track.error());
      if (track) out.coverage->emplace(*track, *of_track);
    }
  }
  return Notice(std::move(out));
}

json::object member(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value && value->is_object() ? value->get_object() : json::object();
}

}  // namespace

std::string encode(Notice const& notice) {
  return json::serialize(std::visit([](auto const& one) { return written(one); }, notice));
}

Result<Notice> decode_notice(std::string const& text) {
  auto const object = parse_object(text);
  if (!object) return std::unexpected(object.error());
  if (object->contains("event")) return read_event(*object, member(*object, "event"));
  if (object->contains("beat")) return read_beat(member(*object, "beat"));
  auto const erased = member(*object, "erased");
  if (erased.empty()) return fail("bad_event", "this is no notice");
  return Notice(Erased{.call = get_string(erased, "call"), .tenant = get_string(erased, "tenant")});
}

// --- commands ---

namespace {

json::object written(PauseListening const& pause) { return {{"do", "pause"}, {"by", pause.by}}; }
json::object written(ResumeListening const& resume) { return {{"do", "resume"}, {"by", resume.by}}; }
json::object written(StopListening const&) { return {{"do", "stop"}}; }
json::object written(ForgetWords const& forget) {
  return {{"do", "forget"}, {"track", name(forget.track)}, {"n", forget.n}};
}
json::object written(LetGo const& go) { return {{"do", "let_go"}, {"resume_digest", go.resume_digest}}; }
json::object written(ExpectTerms const& expect) {
  return {{"do", "expect"}, {"terms", json::value_from(expect.terms)}};
}
json::object written(CueDisplayed const& displayed) { return {{"do", "displayed"}, {"displayed", to_json(displayed)}}; }
json::object written(Dismiss const& dismiss) { return {{"do", "dismiss"}, {"cue", dismiss.cue}}; }
json::object written(TickByHand const& tick) { return {{"do", "tick"}, {"item", tick.item}, {"reason", tick.reason}}; }
json::object written(UntickByHand const& untick) {
  return {{"do", "untick"}, {"item", untick.item}, {"reason", untick.reason}};
}

}  // namespace

std::string encode(CallCommand const& command) {
  return json::serialize(std::visit(
      [](auto const& of_part) { return std::visit([](auto const& one) { return written(one); }, of_part); }, command));
}

Result<CallCommand> decode_command(std::string const& text) {
  auto const object = parse_object(text);
  if (!object) return fail("bad_command", object.error().message);
  auto const what = get_string(*object, "do");
  auto const text_of = [&](char const* key) { return get_string(*object, key); };
  if (what == "pause") return SpeechCommand(PauseListening{text_of("by")});
  if (what == "resume") return SpeechCommand(ResumeListening{text_of("by")});
  if (what == "stop") return SpeechCommand(StopListening{});
  if (what == "forget")
    return SpeechCommand(
        ForgetWords{.track = parse_track(text_of("track")).value_or(Track::customer), .n = get_int(*object, "n")});
  if (what == "let_go") return SpeechCommand(LetGo{text_of("resume_digest")});
  if (what == "expect") {
    ExpectTerms expect;
    if (auto const* terms = get_array(*object, "terms")) {
      for (auto const& term : *terms)
        if (term.is_string()) expect.terms.emplace_back(term.get_string());
    }
    return SpeechCommand(std::move(expect));
  }
  if (what == "displayed") {
    auto displayed = from_json<CueDisplayed>(member(*object, "displayed"));
    if (!displayed) return fail("bad_command", displayed.error().message);
    return GuideCommand(std::move(*displayed));
  }
  if (what == "dismiss") return GuideCommand(Dismiss{text_of("cue")});
  if (what == "tick") return GuideCommand(TickByHand{.item = text_of("item"), .reason = text_of("reason")});
  if (what == "untick") return GuideCommand(UntickByHand{.item = text_of("item"), .reason = text_of("reason")});
  return fail("bad_command", "there is no command \"" + what + "\"");
}

}  // namespace sotto::redis
