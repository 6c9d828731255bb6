// JSON of what has a table of fields (fields.h). Reading is patient with what is missing, for an older version wrote
// less: it holds its default. It is strict with what is there: another kind of value, a word that an enumeration does
// not have or a missing identity is error `bad_field`, which names the field. Bounds and sets of words are told by the
// schema and not judged here: what was stored must be read again.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fields.h"

namespace sotto {

template <Described T>
boost::json::object to_json(T const& value);
template <Described T>
Result<T> from_json(boost::json::object const& object);

namespace fields {

namespace json = boost::json;

template <Named E>
constexpr std::string_view name_of(E value) {
  for (auto const& [name, one] : Names<E>::list) {
    if (one == value) return name;
  }
  return "";
}

// --- writing ---

inline json::value written(std::string const& text, FieldRule const&) { return json::value(text); }
inline json::value written(bool value, FieldRule const&) { return json::value(value); }
inline json::value written(int value, FieldRule const&) { return json::value(value); }
inline json::value written(std::int64_t value, FieldRule const&) { return json::value(value); }
inline json::value written(double value, FieldRule const& rule) {
  if (rule.digits < 0) return json::value(value);
  auto const scale = std::pow(10, rule.digits);
  return json::value(std::round(value * scale) / scale);
}
inline json::value written(Time value, FieldRule const&) { return json::value(value.time_since_epoch().count()); }
inline json::value written(json::object const& value, FieldRule const&) { return value; }
template <Named E>
json::value written(E value, FieldRule const&) {
  return json::value(name_of(value));
}
template <Described T>
json::value written(T const& value, FieldRule const&) {
  return to_json(value);
}
template <class T>
json::value written(std::optional<T> const& value, FieldRule const& rule) {
  return value ? written(*value, rule) : json::value(nullptr);
}
template <class L>
concept ListOfValues = requires(L const& list) {
  list.begin();
  typename L::value_type;
} && !std::is_same_v<L, std::string> && !requires {
  typename L::mapped_type;
} && !std::is_same_v<L, json::object> && !std::is_same_v<L, json::array>;
template <ListOfValues L>
json::value written(L const& values, FieldRule const& rule) {
  json::array out;
  out.reserve(values.size());
  for (auto const& value : values) out.push_back(written(value, rule));
  return out;
}
template <Named K, class T>
json::value written(std::map<K, T> const& values, FieldRule const& rule) {
  json::object out;
  for (auto const& [key, value] : values) out[name_of(key)] = written(value, rule);
  return out;
}

template <class T>
json::value written(std::map<std::string, T> const& values, FieldRule const& rule) {
  json::object out;
  for (auto const& [key, value] : values) out.emplace(key, written(value, rule));
  return out;
}

template <class T>
concept HasDefault = requires(T const& value) { value.empty(); } || requires(T const& value) { value.has_value(); } ||
                     requires(T const& value) { value == T{}; };
template <HasDefault T>
bool is_default(T const& value) {
  if constexpr (requires { value.empty(); }) return value.empty();
  else if constexpr (requires { value.has_value(); }) return !value.has_value();
  else return value == T{};
}

template <class Owner>
void write_into(json::object& out, Owner const& owner);
template <class Owner, class Member>
void write_field(json::object& out, Owner const& owner, Field<Owner, Member> const& field) {
  auto const& value = owner.*field.member;
  if constexpr (HasDefault<Member>) {
    if (field.rule.left_out && is_default(value)) return;
  }
  out.emplace(field.name, written(value, field.rule));
}
template <class Owner, class Member>
void write_field(json::object& out, Owner const& owner, Inlined<Owner, Member> const& field) {
  write_into(out, owner.*field.member);
}
template <class Owner>
void write_field(json::object& out, Owner const& owner, Derived<Owner> const& field) {
  out.emplace(field.name, field.text(owner));
}
template <class Owner>
void write_into(json::object& out, Owner const& owner) {
  std::apply([&](auto const&... field) { (write_field(out, owner, field), ...); }, Fields<Owner>::list);
}

// --- reading: what the value should have been, or nothing ---

using Wanted = std::optional<std::string>;

template <class T>
Wanted read(json::value const& in, std::vector<T>& out);
template <class T, std::size_t N>
Wanted read(json::value const& in, std::array<T, N>& out);
template <ListOfValues L>
Wanted read(json::value const& in, L& out);
template <class T>
Wanted read(json::value const& in, std::map<std::string, T>& out);

inline Wanted read(json::value const& in, std::string& out) {
  if (!in.is_string()) return "text";
  out = in.get_string();
  return {};
}
inline Wanted read(json::value const& in, bool& out) {
  if (!in.is_bool()) return "true or false";
  out = in.get_bool();
  return {};
}
template <class Number>
  requires(std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>)
Wanted read(json::value const& in, Number& out) {
  boost::system::error_code failed;
  if (in.is_number()) out = in.to_number<Number>(failed);
  return !in.is_number() || failed ? Wanted("a number") : Wanted();
}
inline Wanted read(json::value const& in, Time& out) {
  std::int64_t us = 0;
  auto wanted = read(in, us);
  out = Time(Duration(us));
  return wanted;
}
inline Wanted read(json::value const& in, json::object& out) {
  if (!in.is_object()) return "an object";
  out = in.get_object();
  return {};
}
template <Named E>
Wanted read(json::value const& in, E& out) {
  for (auto const& [name, value] : Names<E>::list) {
    if (in.is_string() && in.get_string() == name) return out = value, Wanted();
  }
  return "one of the words its schema names";
}
template <Described T>
Wanted read(json::value const& in, T& out) {
  if (!in.is_object()) return "an object";
  auto value = from_json<T>(in.get_object());
  if (!value) return "an object whose " + value.error().message;
  out = std::move(*value);
  return {};
}
template <class T>
Wanted read(json::value const& in, std::optional<T>& out) {
  if (in.is_null()) return {};
  return read(in, out.emplace());
}
template <class T>
Wanted read(json::value const& in, std::vector<T>& out) {
  if (!in.is_array()) return "a list";
  out.reserve(in.get_array().size());
  for (auto const& one : in.get_array()) {
    if (auto wanted = read(one, out.emplace_back())) return "a list; each must be " + *wanted;
  }
  return {};
}
template <class T, std::size_t N>
Wanted read(json::value const& in, std::array<T, N>& out) {
  if (!in.is_array() || in.get_array().size() != N) return fmt::format("a list of {}", N);
  for (std::size_t at = 0; at < N; ++at) {
    if (auto wanted = read(in.get_array()[at], out[at])) return "a list; each must be " + *wanted;
  }
  return {};
}
template <ListOfValues L>
Wanted read(json::value const& in, L& out) {
  if (!in.is_array()) return "a list";
  for (auto const& one : in.get_array()) {
    typename L::value_type value{};
    if (auto wanted = read(one, value)) return "a list; each must be " + *wanted;
    out.insert(out.end(), std::move(value));
  }
  return {};
}
template <class T>
Wanted read(json::value const& in, std::map<std::string, T>& out) {
  if (!in.is_object()) return "an object";
  for (auto const& [key, value] : in.get_object()) {
    if (auto wanted = read(value, out[key])) return "an object; each must be " + *wanted;
  }
  return {};
}
template <Named K, class T>
Wanted read(json::value const& in, std::map<K, T>& out) {
  if (!in.is_object()) return "an object";
  for (auto const& [text, value] : in.get_object()) {
    K key{};
    if (auto wanted = read(json::value(text), key)) return "an object; each name must be " + *wanted;
    if (auto wanted = read(value, out[key])) return "an object; each must be " + *wanted;
  }
  return {};
}

template <class Owner>
Wanted read_from(json::object const& in, Owner& owner);
template <class Owner, class Member>
Wanted read_field(json::object const& in, Owner& owner, Field<Owner, Member> const& field) {
  auto const* value = in.if_contains(field.name);
  if (!value) {
    if (!field.rule.identity) return {};
    return fmt::format("field \"{}\" is missing", field.name);
  }
  auto const wanted = read(*value, owner.*field.member);
  if (!wanted) return {};
  return fmt::format("field \"{}\" must be {}", field.name, *wanted);
}
template <class Owner, class Member>
Wanted read_field(json::object const& in, Owner& owner, Inlined<Owner, Member> const& field) {
  return read_from(in, owner.*field.member);
}
template <class Owner>
Wanted read_field(json::object const&, Owner&, Derived<Owner> const&) {
  return {};
}
template <class Owner>
Wanted read_from(json::object const& in, Owner& owner) {
  Wanted problem;
  auto const each = [&](auto const& field) { return (problem = read_field(in, owner, field)).has_value(); };
  std::apply([&](auto const&... field) { (each(field) || ...); }, Fields<Owner>::list);
  return problem;
}

}  // namespace fields

template <Described T>
boost::json::object to_json(T const& value) {
  boost::json::object out;
  out.reserve(std::tuple_size_v<decltype(Fields<T>::list)>);
  fields::write_into(out, value);
  return out;
}

template <Described T>
Result<T> from_json(boost::json::object const& object) {
  T value{};
  if (auto problem = fields::read_from(object, value)) return fail("bad_field", *problem);
  return value;
}

}  // namespace sotto
