#include "unseen/unseen_set.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <boost/json.hpp>
#include <yaml-cpp/yaml.h>

namespace sotto::unseen {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

Track speaker_of(std::string const& who) { return who == "agent" ? Track::agent : Track::customer; }

// "2026-11-16 10:00" or a day alone, whose noon is meant; UTC.
Time time_of(std::string const& written) {
  int year = 0, month = 0, day = 0, hour = 12, minute = 0;
  if (std::sscanf(written.c_str(), "%4d-%2d-%2d %2d:%2d", &year, &month, &day, &hour, &minute) < 3)
    throw std::runtime_error(written + " is no day");
  std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return Time(std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute));
}

std::string text_at(YAML::Node const& map, char const* key) { return map[key].as<std::string>(); }

std::vector<ExpectedCue> cues_of(YAML::Node const& list) {
  std::vector<ExpectedCue> out;
  for (auto const& entry : list)
    out.push_back({text_at(entry, "rule"), entry["turn"].as<std::size_t>(), entry["seconds"].as<std::int64_t>(-1)});
  return out;
}

std::vector<Digits> digits_of(YAML::Node const& list) {
  std::vector<Digits> out;
  for (auto const& entry : list)
    out.push_back({entry["turn"].as<std::size_t>(), text_at(entry, "kind"), text_at(entry, "digits")});
  return out;
}

Call call_of(YAML::Node const& node) {
  Call call{.id = text_at(node, "id"), .tenant = text_at(node, "tenant"), .started = time_of(text_at(node, "started"))};
  call.kinds = node["kinds"].as<std::vector<std::string>>();
  for (auto const& turn : node["turns"])
    call.turns.push_back({speaker_of(text_at(turn, "who")), text_at(turn, "text")});
  auto const expect = node["expect"];
  call.cues = cues_of(expect["cues"]);
  call.may = cues_of(expect["may"]);
  for (auto const& tick : expect["ticks"])
    call.ticks.push_back({text_at(tick, "item"), tick["turn"].as<std::size_t>(), tick["optional"].as<bool>(false)});
  for (auto const& answer : expect["answers"])
    call.answers.push_back({answer["turn"].as<std::size_t>(), text_at(answer, "article"), text_at(answer, "heading"),
                            answer["needs_context"].as<bool>(false)});
  for (auto const& none : expect["no_answer"]) call.no_answer.push_back(none["turn"].as<std::size_t>());
  call.hidden = digits_of(expect["hidden"]);
  call.readable = digits_of(expect["readable"]);
  return call;
}

std::string text_at(json::object const& object, char const* key) { return std::string(object.at(key).as_string()); }

Item item_of(json::object const& row) {
  Item item{.id = text_at(row, "id"), .frame = text_at(row, "frame"), .unnamed = row.at("unnamed").as_bool()};
  for (auto const& turn : row.at("turns").as_array())
    item.turns.push_back({speaker_of(text_at(turn.as_object(), "who")), text_at(turn.as_object(), "text")});
  for (auto const& value : row.at("entities").as_array()) {
    auto const& entity = value.as_object();
    Dictated out{.kind = text_at(entity, "kind"), .slot = text_at(entity, "slot"), .value = text_at(entity, "value")};
    out.hide = entity.at("hide").as_bool();
    out.last_four = entity.contains("last_four");
    for (auto const& span : entity.at("where").as_array()) {
      auto const at = [&](std::size_t i) { return span.at(i).to_number<std::size_t>(); };
      out.where.push_back({at(0), at(1), at(2)});
    }
    item.entities.push_back(std::move(out));
  }
  return item;
}

}  // namespace

std::vector<Call> load_calls(fs::path const& folder, std::string const& part) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Call> out;
  for (auto const& file : files) {
    auto const node = YAML::LoadFile(file.string());
    if (text_at(node, "part") == part) out.push_back(call_of(node));
  }
  return out;
}

std::vector<Question> load_questions(fs::path const& file, std::string const& part) {
  std::vector<Question> out;
  for (auto const& node : YAML::LoadFile(file.string())) {
    if (text_at(node, "part") != part) continue;
    Question question{.tenant = text_at(node, "tenant"), .asked = text_at(node, "asked")};
    question.day = time_of(node["call_date"].as<std::string>("2026-11-16"));
    if (auto const article = node["article"]; article && article.IsMap()) {
      question.file = text_at(article, "file");
      question.heading = text_at(article, "heading");
      for (auto const& must : node["must"]) question.must.push_back(must.as<std::string>());
    }
    out.push_back(std::move(question));
  }
  return out;
}

std::vector<Item> load_items(fs::path const& file, std::string const& part) {
  std::vector<Item> out;
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file.string() + " cannot be read; tests/unseen/numbers/generate.py makes it");
  for (std::string line; std::getline(in, line);) {
    auto const row = json::parse(line).as_object();
    if (text_at(row, "part") == part) out.push_back(item_of(row));
  }
  return out;
}

std::vector<std::string> words_of(std::string const& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

}  // namespace sotto::unseen
