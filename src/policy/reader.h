// How a policy file is read: one method a form, each names what is wrong with its line. Shared by the files
// parser.cpp (a rule), reader_when.cpp (what is watched for), reader_flow.cpp (guided steps) and reader_then.cpp (what
// is done).
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "policy/parser.h"

namespace sotto::policy {

class PolicyReader {
 public:
  explicit PolicyReader(std::string file) : file_(std::move(file)) {}
  ParsedPolicies run(std::string_view bytes);

 private:
  void problem(YAML::Node const& at, std::string reason);
  // Every key of `map` must be one of `known`.
  bool keys(YAML::Node const& map, std::string_view what, std::initializer_list<std::string_view> known);
  std::string text(YAML::Node const& node, std::string_view what);
  std::vector<std::string> texts(YAML::Node const& node, std::string_view what);
  // What is compared with speech, or with what another file names: in its one form (language::plain()).
  std::string name(YAML::Node const& node, std::string_view what);
  std::vector<std::string> spoken_texts(YAML::Node const& node, std::string_view what);
  // What is shown in one line.
  std::string line(YAML::Node const& node, std::string_view what);
  std::int64_t duration(YAML::Node const& node, std::string_view what);
  int integer(YAML::Node const& node, std::string_view what, int least, int most);
  std::optional<std::chrono::sys_days> date(YAML::Node const& node, std::string_view what);

  Rule rule(YAML::Node const& node);
  IntentDefinition intent(YAML::Node const& node);
  void keyterms(YAML::Node const& node);
  void limits(YAML::Node const& node, Rule& rule);
  void measure(YAML::Node const& node, Rule& rule);
  Audience audience(YAML::Node const& node);
  Schedule schedule(YAML::Node const& node);
  void does_nothing(YAML::Node const& node, Rule const& rule);
  void can_never_fire(YAML::Node const& node, Rule const& rule);

  void when(YAML::Node const& node, Rule& rule);
  Spoken spoken(YAML::Node const& node, std::string_view what);
  void triggers(YAML::Node const& node, Spoken& into);
  void trigger(std::string const& key, YAML::Node const& node, Spoken& into);
  Order order(YAML::Node const& node);
  TalkRatio talk_ratio(YAML::Node const& node);

  std::vector<Rule> flow(YAML::Node const& node);
  Rule flow_step(YAML::Node const& node, Rule const& common, FlowStep step);
  void who_and_when(YAML::Node const& node, Rule& rule);

  void then(YAML::Node const& node, Rule& rule);
  CueTemplate cue(YAML::Node const& node);
  Alert alert(YAML::Node const& node);
  std::vector<std::string> webhooks(YAML::Node const& node);

  std::string const file_;
  ParsedPolicies out_;
};

}  // namespace sotto::policy
