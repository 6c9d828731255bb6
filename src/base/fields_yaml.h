// Settings of what has a table of fields (fields.h): read from YAML, printed as YAML, described for people. A section
// has, beside `title` (what it is called in errors) and `list`, where it needs them:
//   static constexpr bool keyed = true;      // a list of them is a map in YAML, whose keys are their first field
//   static std::optional<Complaint> check(T const&);   // what no rule of a single field says
//   static std::string instead_of(std::string_view key);   // why a key is not one of them; empty: unknown
// Reading goes on behind a problem, so that a person is told all of them at once.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/fields.h"

namespace sotto::settings {

struct Problem {
  int line = 0;
  std::string text;
};
using Problems = std::vector<Problem>;

// Of a section as a whole, or of one of its fields.
struct Complaint {
  std::string_view field;
  std::string text;
};

// What a value is called in errors: the section that owns it (empty: the file itself) and its key.
struct Place {
  std::string owner;
  std::string_view key;
  FieldRule const& rule;
};

inline void complain(Problems& problems, YAML::Node const& node, std::string const& owner, std::string const& what) {
  problems.push_back({node.Mark().line + 1, owner.empty() ? what : owner + ": " + what});
}

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;

// What is written otherwise than it is kept: a specialisation names the `type` that is written, and has
// `static type of(T const&)` and `static T from(type const&)`.
template <class T>
struct Form;
template <class T>
concept Formed = requires { typename Form<T>::type; };

// --- reading ---

template <Described T>
void read(YAML::Node const& node, T& out, Place const& place, Problems& problems);
template <class T>
void read(YAML::Node const& node, std::vector<T>& out, Place const& place, Problems& problems);

inline void wrong_type(YAML::Node const& node, Place const& place, Problems& problems) {
  complain(problems, node, place.owner,
           fmt::format("\"{}\" has a value of the wrong type{}", place.key,
                       place.rule.text.empty() ? "" : fmt::format(" ({})", place.rule.text)));
}

// What a rule says against a value; empty: nothing.
template <class T>
std::string against(T const& value, std::string_view key, FieldRule const& rule) {
  if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
    if (!(value >= rule.least && value <= rule.most))
      return fmt::format("{} must be {} to {}", key, rule.least, rule.most);
  }
  if constexpr (std::is_same_v<T, std::string>) {
    if (!rule.one_of.empty() && std::ranges::find(rule.one_of, value) == rule.one_of.end())
      return fmt::format("{} must be one of {}; \"{}\" is none", key, fmt::join(rule.one_of, ", "), value);
  }
  return "";
}

template <Scalar T>
void read(YAML::Node const& node, T& out, Place const& place, Problems& problems) {
  T value{};
  try {
    if (!node.IsScalar()) return wrong_type(node, place, problems);
    value = node.as<T>();
  } catch (YAML::BadConversion const&) {
    return wrong_type(node, place, problems);
  }
  if (auto const wrong = against(value, place.key, place.rule); !wrong.empty())
    return complain(problems, node, place.owner, wrong);
  out = std::move(value);
}
inline void read(YAML::Node const& node, std::filesystem::path& out, Place const& place, Problems& problems) {
  std::string text = out.string();
  read(node, text, place, problems);
  out = text;
}
template <Named E>
void read(YAML::Node const& node, E& out, Place const& place, Problems& problems) {
  std::string known;
  for (auto const& [name, value] : Names<E>::list) {
    if (node.IsScalar() && node.Scalar() == name) {
      out = value;
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  complain(problems, node, place.owner,
           fmt::format("{}: there is no \"{}\"; known: {}", place.key, node.IsScalar() ? node.Scalar() : "", known));
}
template <class T>
void read(YAML::Node const& node, std::optional<T>& out, Place const& place, Problems& problems) {
  read(node, out.emplace(), place, problems);
}
inline void read(YAML::Node const& node, std::map<std::string, std::string>& out, Place const& place,
                 Problems& problems) {
  if (!node.IsMap()) return wrong_type(node, place, problems);
  for (auto const& entry : node) read(entry.second, out[entry.first.as<std::string>("")], place, problems);
}

template <Formed T>
void read(YAML::Node const& node, T& out, Place const& place, Problems& problems) {
  typename Form<T>::type written;
  read(node, written, place, problems);
  out = Form<T>::from(written);
}

template <class T>
concept Keyed = requires { requires Fields<T>::keyed; };

template <class T>
std::string owner_of(YAML::Node const& key) {
  if constexpr (Keyed<T>) return fmt::format("{} {}", Fields<T>::title, key.as<std::string>(""));
  else return std::string(Fields<T>::title);
}

// No two of a list have the same text in a field that must be unique.
template <class T>
void check_unique(YAML::Node const& node, std::vector<T> const& all, Place const& place, Problems& problems) {
  auto const one = [&](auto const& field) {
    auto const& mine = all.back().*field.member;
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(mine)>, std::string>) {
      if (!field.rule.unique) return;
      if (std::ranges::count_if(all, [&](T const& other) { return other.*field.member == mine; }) < 2) return;
      complain(problems, node, std::string(place.key), fmt::format("two have the {} \"{}\"", field.name, mine));
    }
  };
  std::apply([&](auto const&... field) { (one(field), ...); }, Fields<T>::list);
}

template <class T>
void read(YAML::Node const& node, std::vector<T>& out, Place const& place, Problems& problems) {
  out.clear();
  if constexpr (Keyed<T>) {
    if (!node.IsMap())
      return complain(problems, node, std::string(place.key), "expected `name: { ... }`, an entry each");
    for (auto const& entry : node) {
      auto& one = out.emplace_back();
      auto const& name = std::get<0>(Fields<T>::list);
      one.*name.member = entry.first.template as<std::string>("");
      read(entry.second, one, {owner_of<T>(entry.first), place.key, place.rule}, problems);
      check_unique(entry.first, out, place, problems);
    }
  } else {
    if (!node.IsSequence()) {
      if constexpr (!Described<T>) return wrong_type(node, place, problems);
      return complain(problems, node, std::string(place.key), "expected a list");
    }
    if (static_cast<double>(node.size()) < place.rule.least)
      complain(problems, node, place.owner,
               fmt::format("{} names at least one; left out it stands for all", place.key));
    for (auto const& entry : node) {
      read(entry, out.emplace_back(), place, problems);
      if constexpr (Described<T>) check_unique(entry, out, place, problems);
    }
  }
}

// One key of a section: whether it is this field's.
template <class T, class Member>
bool read_field(YAML::Node const& key, YAML::Node const& node, T& out, Field<T, Member> const& field,
                std::string const& owner, Problems& problems) {
  if (!key.IsScalar() || key.Scalar() != field.name) return false;
  Place const place{owner, field.name, field.rule};
  if (node.IsNull()) complain(problems, key, owner, fmt::format("\"{}\" has no value", field.name));
  else read(node, out.*field.member, place, problems);
  return true;
}

template <class T>
void read_section(YAML::Node const& node, T& out, std::string const& owner, Problems& problems) {
  if (!node.IsMap()) return complain(problems, node, owner, "expected `key: value` pairs");
  auto const before = problems.size();
  std::set<std::string> seen;
  for (auto const& entry : node) {
    auto const key = entry.first.as<std::string>("");
    if (!seen.insert(key).second) {
      complain(problems, entry.first, owner, fmt::format("\"{}\" stands there twice", key));
      continue;
    }
    bool const known = std::apply(
        [&](auto const&... field) {
          return (read_field(entry.first, entry.second, out, field, owner, problems) || ...);
        },
        Fields<T>::list);
    if (known) continue;
    std::string why;
    if constexpr (requires { Fields<T>::instead_of(key); }) why = Fields<T>::instead_of(key);
    complain(problems, entry.first, owner,
             !why.empty() ? why : fmt::format("unknown {} \"{}\"", owner.empty() ? "setting" : "key", key));
  }
  auto const needed = [&](auto const& field) {
    if (field.rule.identity && !seen.contains(std::string(field.name)))
      complain(problems, node, owner, fmt::format("\"{}\" is missing", field.name));
  };
  std::apply(
      [&](auto const&... field) {
        std::size_t at = 0;
        ((Keyed<T> && at++ == 0 ? void() : needed(field)), ...);
      },
      Fields<T>::list);
  if (problems.size() != before) return;
  if constexpr (requires { Fields<T>::check(out); }) {
    if (auto const wrong = Fields<T>::check(out)) {
      std::string const field(wrong->field);
      complain(problems, seen.contains(field) ? node[field] : node, owner, wrong->text);
    }
  }
}

template <Described T>
void read(YAML::Node const& node, T& out, Place const& place, Problems& problems) {
  read_section(node, out, Keyed<T> ? place.owner : std::string(Fields<T>::title), problems);
}

// What the rules of the fields say against values that came from elsewhere than a file; empty: nothing.
template <Described T>
std::string against(T const& section) {
  std::string wrong;
  auto const one = [&](auto const& field) {
    if (wrong.empty()) wrong = against(section.*field.member, field.name, field.rule);
  };
  std::apply([&](auto const&... field) { (one(field), ...); }, Fields<T>::list);
  return wrong;
}

// --- printing: what can be read again, but for what is hidden ---

inline std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char const letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    if (static_cast<unsigned char>(letter) < 0x20) out += fmt::format("\\x{:02x}", letter);
    else out += letter;
  }
  return out + '"';
}

template <Described T>
std::string shown(T const& value, FieldRule const& rule);
template <class T>
std::string shown(std::vector<T> const& values, FieldRule const& rule);

inline std::string shown(std::string const& text, FieldRule const& rule) {
  return in_quotes(rule.shown ? rule.shown(text) : text);
}
inline std::string shown(std::filesystem::path const& path, FieldRule const& rule) {
  return shown(path.string(), rule);
}
template <class T>
  requires std::is_arithmetic_v<T>
std::string shown(T value, FieldRule const&) {
  return fmt::format("{}", value);
}
template <Named E>
std::string shown(E value, FieldRule const&) {
  for (auto const& [name, one] : Names<E>::list) {
    if (one == value) return std::string(name);
  }
  return "";
}
template <class T>
std::string shown(std::optional<T> const& value, FieldRule const& rule) {
  return value ? shown(*value, rule) : "";
}
inline std::string shown(std::map<std::string, std::string> const& values, FieldRule const& rule) {
  std::string out;
  for (auto const& [key, value] : values)
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", in_quotes(key), shown(value, rule));
  return "{" + out + "}";
}

// The fields that do not hold their default, with commas between them. `first`: from which on.
template <class T>
std::string shown_fields(T const& value, std::size_t first) {
  T const usual{};
  std::string out;
  std::size_t at = 0;
  auto const one = [&](auto const& field) {
    if (at++ < first || value.*field.member == usual.*field.member) return;
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", field.name, shown(value.*field.member, field.rule));
  };
  std::apply([&](auto const&... field) { (one(field), ...); }, Fields<T>::list);
  return out;
}

template <Described T>
std::string shown(T const& value, FieldRule const&) {
  return "{" + shown_fields(value, 0) + "}";
}
template <class T>
std::string shown(std::vector<T> const& values, FieldRule const& rule) {
  std::string out;
  for (auto const& value : values) {
    out += out.empty() ? "" : ", ";
    if constexpr (Keyed<T>)
      out += fmt::format("{}: {{{}}}", value.*std::get<0>(Fields<T>::list).member, shown_fields(value, 1));
    else out += shown(value, rule);
  }
  return Keyed<T> ? "{" + out + "}" : "[" + out + "]";
}

template <Formed T>
std::string shown(T const& value, FieldRule const& rule) {
  return shown(Form<T>::of(value), rule);
}

// Every setting with its meaning above it.
template <Described T>
std::string print(T const& value) {
  std::string out;
  auto const one = [&](auto const& field) {
    out += fmt::format("# {}\n{}: {}\n", field.rule.text, field.name, shown(value.*field.member, field.rule));
  };
  std::apply([&](auto const&... field) { (one(field), ...); }, Fields<T>::list);
  return out;
}

// Rules that show a secret, or what is secret behind the origin of an address, as that.
inline std::string hidden(std::string_view text) { return text.empty() ? "" : "(set)"; }

}  // namespace sotto::settings
