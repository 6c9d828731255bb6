#include "knowledge/articles/article_json.h"

#include "base/json.h"

namespace sotto::knowledge {

namespace json = boost::json;

static json::array list_of(std::vector<std::string> const& texts) { return json::array(texts.begin(), texts.end()); }

static std::vector<std::string> texts_of(json::object const& object, std::string_view key) {
  std::vector<std::string> out;
  if (auto const* list = get_array(object, key)) {
    for (auto const& entry : *list) {
      if (entry.is_string()) out.emplace_back(entry.get_string());
    }
  }
  return out;
}

static std::string text_of(std::optional<Day> const& day) { return day ? to_text(*day) : ""; }

json::object to_json(Passage const& passage) {
  json::array sentences;
  for (auto const& sentence : passage.sentences) {
    json::object entry{{"text", sentence.text}};
    if (sentence.item) entry["item"] = true;
    if (sentence.row) entry["row"] = true;
    if (!sentence.key.empty()) entry["key"] = sentence.key;
    if (!sentence.cells.empty()) entry["cells"] = sentence.cells;
    sentences.push_back(std::move(entry));
  }
  return {{"file", passage.file},
          {"title", passage.title},
          {"heading", passage.heading},
          {"text", passage.text},
          {"slug", passage.slug},
          {"path", list_of(passage.path)},
          {"sentences", std::move(sentences)},
          {"line", passage.line},
          {"valid_from", text_of(passage.valid_from)},
          {"valid_until", text_of(passage.valid_until)},
          {"audience", list_of(passage.audience)}};
}

Passage passage_from_json(json::object const& object) {
  Passage out{.file = get_string(object, "file"),
              .title = get_string(object, "title"),
              .heading = get_string(object, "heading"),
              .text = get_string(object, "text"),
              .slug = get_string(object, "slug"),
              .path = texts_of(object, "path"),
              .sentences = {},
              .line = static_cast<int>(get_int(object, "line")),
              .valid_from = parse_day(get_string(object, "valid_from")),
              .valid_until = parse_day(get_string(object, "valid_until")),
              .audience = texts_of(object, "audience")};
  auto const* sentences = get_array(object, "sentences");
  for (std::size_t i = 0; sentences && i < sentences->size(); ++i) {
    auto const* entry = sentences->at(i).if_object();
    if (!entry) continue;
    out.sentences.push_back({.text = get_string(*entry, "text"),
                             .item = get_bool(*entry, "item"),
                             .row = get_bool(*entry, "row"),
                             .key = get_string(*entry, "key"),
                             .cells = get_string(*entry, "cells")});
  }
  return out;
}

}  // namespace sotto::knowledge
