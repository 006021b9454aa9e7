#include "channels/logged/logged.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/quoted.hpp"

namespace lotse::logged {
namespace {

std::string_view noun_of(Outgoing::Kind kind) {
  switch (kind) {
    case Outgoing::Kind::message:
      return "message";
    case Outgoing::Kind::task:
      return "task";
    case Outgoing::Kind::alert:
      return "alert";
  }
  return {};
}

/// `user_id:4…`
std::string masked(std::string_view customer) {
  const std::size_t colon = std::min(customer.find(':'), customer.size());
  std::size_t end = std::min(colon + 2, customer.size());
  while (end < customer.size() && (static_cast<unsigned char>(customer[end]) & 0xC0U) == 0x80) ++end;
  return std::string(customer.substr(0, end)) + "…";
}

void append(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line += ' ';
  line += name;
  line += '=';
  append_quoted(line, value);
}

class Logged : public ChannelAdapter {
 public:
  explicit Logged(Sink sink) : sink_(std::move(sink)) {}

  [[nodiscard]] Result<std::string> compose(const Outgoing& outgoing) const override {
    std::string line(noun_of(outgoing.kind));
    append(line, "id", outgoing.id);
    append(line, "channel", outgoing.channel);
    append(line, "team", outgoing.team);
    append(line, "template", outgoing.template_name);
    append(line, "journey", outgoing.journey);
    append(line, "touchpoint", outgoing.touchpoint);
    if (!outgoing.customer.empty()) append(line, "customer", masked(outgoing.customer));
    return line;
  }

  void deliver(Attempt attempt, Done done) override {
    sink_(attempt.body);
    done({Delivery::Kind::delivered, "written to the log"});
  }

 private:
  Sink sink_;
};

}  // namespace

std::shared_ptr<ChannelAdapter> make_adapter(Sink sink) { return std::make_shared<Logged>(std::move(sink)); }

}  // namespace lotse::logged
