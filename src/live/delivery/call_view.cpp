#include "live/delivery/call_view.h"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace sotto::delivery {

namespace json = boost::json;

json::object* CallView::find(json::array& list, std::string_view key, std::string_view value) {
  for (auto& entry : list) {
    if (get_string(entry.get_object(), key) == value) return &entry.get_object();
  }
  return nullptr;
}

void CallView::apply(Event const& event) {
  if (event.is_partial()) return;
  last_number_ = event.number;
  auto const& type = event.type;
  if (type == event_type::call_started) {
    call_ = event.data;
    if (auto const* items = get_array(event.data, "checklist")) checklist_ = *items;
  } else if (type == event_type::utterance_final) {
    utterances_.push_back({.track = get_string(event.data, "track"),
                           .utterance = get_int(event.data, "utterance"),
                           .data = json::serialize(event.data),
                           .unpersisted = event.unpersisted});
  } else if (type == event_type::utterance_revised) {
    auto const known = std::ranges::find_if(utterances_, [&](Said const& said) {
      return said.track == get_string(event.data, "track") && said.utterance == get_int(event.data, "utterance");
    });
    if (known == utterances_.end()) return;
    known->data = json::serialize(event.data);
    known->unpersisted = event.unpersisted;
  } else if (type == event_type::coverage_gap) {
    gaps_.push_back(event.data);
  } else if (type == event_type::call_paused) {
    pauses_.push_back(event.data);
  } else if (type == event_type::call_resumed) {
    if (!pauses_.empty()) pauses_.back().get_object()["end_ms"] = get_int(event.data, "at_ms");
  } else if (type == event_type::call_health) {
    health_ = event.data;
    if (get_bool(event.data, "saved", true)) {
      for (auto& utterance : utterances_) utterance.unpersisted = false;
    }
  } else if (type == event_type::moment_raised) {
    moments_.push_back(event.data);
  } else if (type == event_type::utterance_understood) {
    auto const of = get_string(event.data, "utterance");
    if (auto* known = find(understood_, "utterance", of)) *known = event.data;
    else understood_.push_back(event.data);
  } else if (type == event_type::alert_raised) {
    alerts_.push_back(event.data);
  } else if (type == event_type::call_tagged) {
    tags_.push_back(event.data);
  } else if (type == event_type::checklist_ticked) {
    if (auto* item = find(checklist_, "item", get_string(event.data, "item"))) (*item)["ticked"] = event.data;
  } else if (type == event_type::checklist_unticked) {
    if (auto* item = find(checklist_, "item", get_string(event.data, "item"))) item->erase("ticked");
  } else if (type == event_type::call_ended) {
    end_reason_ = get_string(event.data, "reason");
    duration_ms_ = get_int(event.data, "duration_ms");
  } else {
    apply_cue(event);
  }
}

void CallView::apply_cue(Event const& event) {
  if (event.type == event_type::cue_shown) {
    auto& cue = cues_.emplace_back(event.data).get_object();
    cue["number"] = event.number;
    cue["state"] = "shown";
  } else if (event.type == event_type::cue_closed) {
    auto* cue = find(cues_, "id", get_string(event.data, "id"));
    if (!cue) {  // never shown: late
      cue = &cues_.emplace_back(event.data).get_object();
    }
    (*cue)["state"] = "closed";
    (*cue)["reason"] = get_string(event.data, "reason");
  } else if (event.type == event_type::cue_displayed) {
    if (auto* cue = find(cues_, "id", get_string(event.data, "id"))) (*cue)["displayed"] = event.data;
  }
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
                   {"cues", cues_},
                   {"checklist", checklist_},
                   {"moments", moments_},
                   {"understood", understood_},
                   {"alerts", alerts_},
                   {"tags", tags_},
                   {"health", health_}};
  if (ended()) {
    out["end_reason"] = end_reason_;
    out["duration_ms"] = duration_ms_;
  }
  return out;
}

}  // namespace sotto::delivery
