// docs/settings.md: every setting with its type, default and meaning, made from the sections themselves.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/fields_yaml.h"

namespace sotto {

namespace settings_table_parts {

template <class T>
struct Unlisted {
  using type = void;
};
template <class T>
struct Unlisted<std::vector<T>> {
  using type = T;
};

template <class T>
std::string type_of(FieldRule const& rule) {
  using Element = typename Unlisted<T>::type;
  if constexpr (settings::Formed<T>) return type_of<typename settings::Form<T>::type>(rule);
  else if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_arithmetic_v<T>) {
    std::string out = std::is_integral_v<T> ? "whole number" : "number";
    if (std::isfinite(rule.least)) out += fmt::format(", {} to {}", rule.least, rule.most);
    return out;
  } else if constexpr (requires(T const& value) { value.has_value(); }) return type_of<typename T::value_type>(rule);
  else if constexpr (std::is_same_v<T, std::filesystem::path>) return "path";
  else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) return "names with texts";
  else if constexpr (Named<T>) {
    std::string out;
    for (auto const& [name, value] : Names<T>::list) out += (out.empty() ? "" : ", ") + std::string(name);
    return out;
  } else if constexpr (Described<T>) return fmt::format("see *{}*", Fields<T>::title);
  else if constexpr (settings::Keyed<Element>)
    return fmt::format("names, each with what is below, *{}*", Fields<Element>::title);
  else if constexpr (!std::is_void_v<Element>) return "list: " + type_of<Element>(FieldRule{});
  else return rule.one_of.empty() ? "text" : fmt::format("{}", fmt::join(rule.one_of, ", "));
}

template <class T>
void add(std::string& out, std::set<std::string_view>& done);

template <class T>
void add_below(std::string& out, std::set<std::string_view>& done) {
  if constexpr (settings::Formed<T>) add_below<typename settings::Form<T>::type>(out, done);
  else if constexpr (Described<T>) add<T>(out, done);
  else if constexpr (!std::is_void_v<typename Unlisted<T>::type>) add_below<typename Unlisted<T>::type>(out, done);
}

template <class T>
void add(std::string& out, std::set<std::string_view>& done) {
  if (!done.insert(Fields<T>::title).second) return;
  if (!Fields<T>::title.empty()) out += fmt::format("\n## {}\n", Fields<T>::title);
  out += "\n| setting | what | default | meaning |\n|---|---|---|---|\n";
  T const usual{};
  auto const row = [&]<class Member>(Field<T, Member> const& field) {
    auto const shown = settings::shown(usual.*field.member, field.rule);
    bool const nothing = shown.empty() || shown == "\"\"" || shown == "[]" || shown == "{}";
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.name, type_of<Member>(field.rule),
                       field.rule.identity ? "needed"
                       : nothing           ? ""
                                           : fmt::format("`{}`", shown),
                       field.rule.text);
  };
  auto const below = [&]<class Member>(Field<T, Member> const&) { add_below<Member>(out, done); };
  std::apply([&](auto const&... field) { (row(field), ...); }, Fields<T>::list);
  std::apply([&](auto const&... field) { (below(field), ...); }, Fields<T>::list);
}

}  // namespace settings_table_parts

template <class T>
std::string settings_table() {
  std::string out =
      "# Settings\n\nOf the file that `sotto serve --config FILE` reads, in YAML. `--print-config` prints those in "
      "force, `--check-config` says what is wrong with them. Unknown keys, wrong types and values out of bounds are "
      "errors with their line.\n";
  std::set<std::string_view> done;
  settings_table_parts::add<T>(out, done);
  return out;
}

}  // namespace sotto
