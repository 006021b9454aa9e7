#include "engine/tracking/archive.hpp"

#include <utility>
#include <variant>

namespace lotse::packed {

namespace {

struct ValueWriter {
  Writer& writer;
  void operator()(Value::Null) const {}
  void operator()(bool value) const { writer.number(value ? 1U : 0U); }
  void operator()(std::int64_t value) const { writer.integer(value); }
  void operator()(std::uint64_t value) const { writer.number(value); }
  void operator()(double value) const { code_real(writer, value); }
  void operator()(const Value::Shared<std::string>& value) const { writer.text(*value); }
  void operator()(const Value::Shared<Bytes>& value) const { writer.text(value->data); }
  void operator()(const Timestamp& value) const {
    writer.integer(value.seconds);
    writer.integer(value.nanos);
  }
  void operator()(const CelDuration& value) const {
    writer.integer(value.seconds);
    writer.integer(value.nanos);
  }
  void operator()(const Value::Shared<List>& value) const {
    writer.list(*value, [&](const Value& element) { write(writer, element); });
  }
  void operator()(const Value::Shared<Map>& value) const {
    writer.list(*value, [&](const auto& entry) {
      write(writer, entry.first);
      write(writer, entry.second);
    });
  }
  void operator()(const Value::Shared<TypeName>& value) const { writer.text(value->name); }
};

template <class T>
Value read_pair(Reader& reader) {
  T value;
  std::int64_t nanos = 0;
  reader.integer(value.seconds);
  reader.integer(nanos);
  value.nanos = static_cast<std::int32_t>(nanos);
  return Value(value);
}

std::string read_text(Reader& reader) {
  std::string text;
  reader.text(text);
  return text;
}

Value read_list(Reader& reader) {
  List list;
  reader.list(list, [&](Value& element) { element = read_value(reader); });
  return Value(std::move(list));
}

Value read_map(Reader& reader) {
  Map map;
  reader.list(map, [&](auto& entry) {
    entry.first = read_value(reader);
    entry.second = read_value(reader);
  });
  return Value(std::move(map));
}

}  // namespace

void write(Writer& writer, const Value& value) {
  writer.number(value.rep().index());
  std::visit(ValueWriter{writer}, value.rep());
}

/// The tags are the places in Value::Rep.
Value read_value(Reader& reader) {
  std::uint32_t tag = 0;
  reader.number(tag);
  std::uint64_t raw = 0;
  std::int64_t whole = 0;
  double real = 0;
  switch (tag) {
    case 0:
      return {};
    case 1:
      reader.number(raw);
      return Value(raw != 0);
    case 2:
      reader.integer(whole);
      return Value(whole);
    case 3:
      reader.number(raw);
      return Value(raw);
    case 4:
      code_real(reader, real);
      return Value(real);
    case 5:
      return reader.text_value();
    case 6:
      return Value(Bytes{read_text(reader)});
    case 7:
      return read_pair<Timestamp>(reader);
    case 8:
      return read_pair<CelDuration>(reader);
    case 9:
      return read_list(reader);
    case 10:
      return read_map(reader);
    case 11:
      return Value(TypeName{read_text(reader)});
    default:
      break;
  }
  LOTSE_ASSERT(tag < std::variant_size_v<Value::Rep>);
  return {};
}

}  // namespace lotse::packed
