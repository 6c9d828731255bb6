#include "live/delivery/call_view.h"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "call/event_codec.h"

namespace sotto::delivery {

namespace json = boost::json;

json::object* CallView::find(json::array& list, std::string_view key, std::string_view value) {
  for (auto& entry : list) {
    if (get_string(entry.get_object(), key) == value) return &entry.get_object();
  }
  return nullptr;
}

// What was told before it was stored is told again with its number.
void CallView::Listed::add(std::int64_t number, json::object entry, bool again) {
  json::value value(std::move(entry));
  auto const known = again ? std::ranges::find(entries, value) : entries.end();
  if (known != entries.end()) {
    numbers[static_cast<std::size_t>(known - entries.begin())] = number;
    return;
  }
  entries.push_back(std::move(value));
  numbers.push_back(number);
}

json::object* CallView::Listed::of(std::int64_t number) {
  auto const found = std::ranges::find(numbers, number);
  return found == numbers.end() ? nullptr : &entries[static_cast<std::size_t>(found - numbers.begin())].get_object();
}

// The event `number` has another body now: what stands here of its words becomes that. One overload a type that has
// words; the others have none.
struct CallView::Redact {
  CallView& view;
  std::int64_t number;

  void operator()(CallStarted const& started) {
    view.call_ = sotto::to_json(started);
    view.show_agent();
  }
  void operator()(UtteranceFinal const& final) { say(json::serialize(sotto::to_json(final))); }
  void operator()(UtteranceRevised const& revised) { say(json::serialize(sotto::to_json(revised))); }
  void operator()(Understood const& understood) { list(view.understood_, sotto::to_json(understood)); }
  void operator()(Moment const& moment) { list(view.moments_, sotto::to_json(moment)); }
  void operator()(AlertRaised const& alert) { list(view.alerts_, sotto::to_json(alert)); }
  void operator()(Tagged const& tagged) { list(view.tags_, sotto::to_json(tagged)); }
  void operator()(Tick const& tick) {
    auto* item = find(view.checklist_, "item", tick.item);
    auto const by = view.ticked_.find(tick.item);
    if (item && by != view.ticked_.end() && by->second == number) (*item)["ticked"] = sotto::to_json(tick);
  }
  void operator()(Cue const& cue) {
    for (auto& entry : view.cues_) {
      auto& shown = entry.get_object();
      if (get_int(shown, "number") != number) continue;
      for (auto const& [name, value] : sotto::to_json(cue)) shown[name] = value;
    }
  }
  template <class Body>
  void operator()(Body const&) {}

 private:
  // Not where a later revision stands.
  void say(std::string data) {
    auto const said = std::ranges::find(view.utterances_, number, &Said::number);
    if (said != view.utterances_.end()) said->data = std::move(data);
  }
  void list(Listed& listed, json::object entry) {
    if (auto* known = listed.of(number)) *known = std::move(entry);
  }
};

// One overload an event type: what it changes. Those without one change nothing here.
struct CallView::Apply {
  CallView& view;
  Event const& event;

  void operator()(CallStarted const& started) {
    view.info_ = started.info;
    view.call_ = data_of(event.body);
    if (!view.checklist_.empty()) return;
    for (auto const& item : started.checklist) view.checklist_.push_back(sotto::to_json(item));
  }
  void operator()(HealthChanged const& changed) {
    view.health_ = sotto::to_json(changed);
    if (!changed.health.saved) return;
    for (auto& utterance : view.utterances_) utterance.unpersisted = false;
  }
  void operator()(CallPaused const& paused) {
    auto const same = [&](auto const& one) { return get_int(one.get_object(), "at_ms") == paused.at_ms; };
    if (!view.unsaved_ || std::ranges::none_of(view.pauses_, same)) view.pauses_.push_back(sotto::to_json(paused));
  }
  void operator()(CallResumed const& resumed) {
    if (!view.pauses_.empty()) view.pauses_.back().get_object()["end_ms"] = resumed.at_ms;
  }
  void operator()(CallEnded const& ended) {
    view.end_reason_ = name(ended.reason);
    view.duration_ms_ = ended.duration_ms;
  }
  void operator()(AgentChanged const& changed) {
    if (!view.info_) return;
    view.info_->agent = changed.agent;
    view.info_->team = changed.team;
    view.show_agent();
    json::value entry(sotto::to_json(changed));
    if (!view.unsaved_ || std::ranges::find(view.transfers_, entry) == view.transfers_.end())
      view.transfers_.push_back(std::move(entry));
  }
  void operator()(UtteranceFinal const& final) {
    auto const known = std::ranges::find_if(view.utterances_.rbegin(), view.utterances_.rend(), [&](Said const& said) {
      return said.track == final.utterance.track && said.utterance <= final.utterance.n;
    });
    if (known != view.utterances_.rend() && known->utterance == final.utterance.n) {
      known->number = event.number;
      known->unpersisted = event.unpersisted;
      return;
    }
    view.utterances_.push_back({.track = final.utterance.track,
                                .utterance = final.utterance.n,
                                .number = event.number,
                                .data = json::serialize(sotto::to_json(final)),
                                .unpersisted = event.unpersisted});
  }
  void operator()(UtteranceRevised const& revised) {
    auto const known = std::ranges::find_if(view.utterances_, [&](Said const& said) {
      return said.track == revised.utterance.track && said.utterance == revised.utterance.n;
    });
    if (known == view.utterances_.end()) return;
    known->number = event.number;
    known->data = json::serialize(sotto::to_json(revised));
    known->unpersisted = event.unpersisted;
  }
  void operator()(Understood const& understood) {
    auto& [entries, numbers] = view.understood_;
    auto* known = find(entries, "utterance", understood.utterance);
    if (!known) return view.understood_.add(event.number, sotto::to_json(understood), view.unsaved_);
    *known = sotto::to_json(understood);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (&entries[i].get_object() == known) numbers[i] = event.number;
    }
  }
  void operator()(CoverageGap const& gap) {
    json::value entry(sotto::to_json(gap));
    bool const known = view.unsaved_ && std::ranges::find(view.gaps_, entry) != view.gaps_.end();
    if (!known) view.gaps_.push_back(std::move(entry));
  }
  void operator()(Moment const& moment) { view.moments_.add(event.number, sotto::to_json(moment), view.unsaved_); }
  void operator()(AlertRaised const& alert) { view.alerts_.add(event.number, sotto::to_json(alert), view.unsaved_); }
  void operator()(Tagged const& tagged) { view.tags_.add(event.number, sotto::to_json(tagged), view.unsaved_); }
  void operator()(Tick const& tick) {
    if (auto* item = find(view.checklist_, "item", tick.item)) (*item)["ticked"] = sotto::to_json(tick);
    view.ticked_[tick.item] = event.number;
  }
  void operator()(Untick const& untick) {
    if (auto* item = find(view.checklist_, "item", untick.item)) item->erase("ticked");
  }
  void operator()(Cue const& cue) {
    auto* shown = view.unsaved_ ? find(view.cues_, "id", cue.id) : nullptr;
    if (!shown) {
      shown = &view.cues_.emplace_back(sotto::to_json(cue)).get_object();
      (*shown)["state"] = "shown";
    }
    (*shown)["number"] = event.number;
  }
  void operator()(CueClosed const& closed) {
    auto* cue = find(view.cues_, "id", closed.id);
    if (!cue) cue = &view.cues_.emplace_back(sotto::to_json(closed)).get_object();  // never shown: late
    (*cue)["state"] = "closed";
    (*cue)["reason"] = closed.reason;
  }
  void operator()(CueDisplayed const& displayed) {
    if (auto* cue = find(view.cues_, "id", displayed.id)) (*cue)["displayed"] = sotto::to_json(displayed);
  }
  void operator()(Partial const&) {}
  void operator()(CueExpected const&) {}
  void operator()(WebhookRequested const&) {}
  void operator()(GuidanceDone const&) { view.guided_ = true; }
  void operator()(EventRedacted const& redacted) {
    if (auto const body = body_of(redacted.type, redacted.data)) std::visit(Redact{view, redacted.number}, *body);
  }
};

// As of now, whoever it began with.
void CallView::show_agent() {
  if (!info_) return;
  call_["agent"] = info_->agent;
  call_["team"] = info_->team;
}

void CallView::apply(Event const& event) {
  if (is_passing(event)) return;
  last_number_ = std::max(last_number_, event.number);
  if (event.number == 0) unsaved_ = true;
  std::visit(Apply{*this, event}, event.body);
}

int CallView::cues() const {
  int shown = 0;
  for (auto const& cue : cues_) shown += cue.get_object().contains("headline") ? 1 : 0;
  return shown;
}

int CallView::late() const {
  int late = 0;
  for (auto const& cue : cues_) late += get_string(cue.get_object(), "reason") == "late" ? 1 : 0;
  return late;
}

json::array CallView::parsed(std::vector<Said> const& said) {
  json::array out;
  out.reserve(said.size());
  for (auto const& one : said) {
    auto& data = out.emplace_back(json::parse(one.data)).get_object();
    if (one.unpersisted) data["unpersisted"] = true;
  }
  return out;
}

json::object CallView::to_json() const {
  json::object out{{"info", call_},
                   {"status", ended() ? "ended" : "live"},
                   {"utterances", parsed(utterances_)},
                   {"gaps", gaps_},
                   {"pauses", pauses_},
                   {"transfers", transfers_},
                   {"cues", cues_},
                   {"checklist", checklist_},
                   {"moments", moments_.entries},
                   {"understood", understood_.entries},
                   {"alerts", alerts_.entries},
                   {"tags", tags_.entries},
                   {"health", health_},
                   {"number", last_number_}};
  if (ended()) {
    out["end_reason"] = end_reason_;
    out["duration_ms"] = duration_ms_;
  }
  return out;
}

}  // namespace sotto::delivery
