#include "channels/webhook/cloudevent.hpp"

#include <string_view>
#include <utility>

namespace lotse::webhook {
namespace {

/// What is not known is left out, so that a receiver need not tell "" from nothing.
class Fields {
 public:
  Fields& add(std::string_view key, std::string_view text) {
    if (!text.empty()) map_.emplace_back(Value(key), Value(text));
    return *this;
  }
  Fields& add(std::string_view key, Value value) {
    map_.emplace_back(Value(key), std::move(value));
    return *this;
  }
  [[nodiscard]] Value take() { return Value(std::move(map_)); }

 private:
  Map map_;
};

std::string_view type_of(Outgoing::Kind kind) {
  switch (kind) {
    case Outgoing::Kind::message:
      return "lotse.message.requested";
    case Outgoing::Kind::task:
      return "lotse.task.opened";
    case Outgoing::Kind::alert:
      return "lotse.alert.raised";
  }
  return {};
}

Value list_of(const std::vector<Identifier>& ids) {
  List list;
  for (const Identifier& id : ids)
    list.push_back(Fields().add("namespace", id.name_space).add("value", id.value).take());
  return Value(std::move(list));
}

Value data_of(const Outgoing& outgoing) {
  Fields data;
  data.add("journey", outgoing.journey);
  if (outgoing.version > 0) data.add("version", Value(std::uint64_t{outgoing.version}));
  data.add("touchpoint", outgoing.touchpoint)
      .add("title", outgoing.title)
      .add("channel", outgoing.channel)
      .add("purpose", outgoing.purpose)
      .add("template", outgoing.template_name)
      .add("team", outgoing.team)
      .add("due", format_instant(outgoing.due));
  if (outgoing.deadline) data.add("deadline", format_instant(*outgoing.deadline));
  data.add("customer", outgoing.customer);
  if (!outgoing.ids.empty()) data.add("ids", list_of(outgoing.ids));
  return data.add("address", outgoing.address).add("with", outgoing.with).take();
}

}  // namespace

std::string cloudevent(const Outgoing& outgoing) {
  return to_json(Fields()
                     .add("specversion", "1.0")
                     .add("id", outgoing.id)
                     .add("source", "lotse")
                     .add("type", type_of(outgoing.kind))
                     .add("time", format_instant(outgoing.handed_out))
                     .add("subject", outgoing.customer)
                     .add("datacontenttype", "application/json")
                     .add("traceparent", outgoing.traceparent)
                     .add("data", data_of(outgoing))
                     .take());
}

}  // namespace lotse::webhook
