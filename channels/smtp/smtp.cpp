#include "channels/smtp/smtp.hpp"

#include <fmt/format.h>

#include <utility>

#include "channels/smtp/message.hpp"

namespace lotse::smtp {
namespace {

/// Of alerts and tasks, which have no template: their title and what is known.
Template notice() { return {"{{title}}", "{{title}}\n\n{{#facts}}{{name}}: {{value}}\n{{/facts}}"}; }

Value facts_of(const Outgoing& outgoing) {
  List facts;
  const auto add = [&facts](const Value& name, const Value& value) {
    facts.emplace_back(Map{{Value("name"), name}, {Value("value"), value}});
  };
  if (!outgoing.journey.empty()) add(Value("journey"), Value(outgoing.journey));
  if (!outgoing.touchpoint.empty()) add(Value("touchpoint"), Value(outgoing.touchpoint));
  if (!outgoing.customer.empty()) add(Value("customer"), Value(outgoing.customer));
  if (outgoing.deadline) add(Value("deadline"), Value(format_instant(*outgoing.deadline)));
  for (const auto& [name, value] : *outgoing.with.map())
    add(name, value.string() != nullptr ? value : Value(to_json(value)));
  return Value(Map{{Value("title"), Value(outgoing.title)}, {Value("facts"), Value(std::move(facts))}});
}

class Smtp : public ChannelAdapter {
 public:
  Smtp(const SmtpSettings& settings, Mailbox from, transfer::Envelope envelope, Templates templates,
       transfer::Options options)
      : url_(settings.url),
        timeout_(settings.timeout),
        from_(std::move(from)),
        envelope_(std::move(envelope)),
        templates_(std::move(templates)),
        transfers_(std::move(options)) {}

  [[nodiscard]] Result<std::string> compose(const Outgoing& outgoing) const override {
    const auto found = templates_.find(outgoing.template_name);
    if (outgoing.kind == Outgoing::Kind::message && found == templates_.end())
      return fail(ErrorCode::bad_input, fmt::format("there is no template `{}`", outgoing.template_name));
    LOTSE_TRY(Rendered content, outgoing.kind == Outgoing::Kind::message
                                    ? render(found->second, outgoing.with)
                                    : render(notice(), facts_of(outgoing)));
    return message({.id = outgoing.id,
                    .date = outgoing.handed_out,
                    .from = from_,
                    .to = outgoing.address,
                    .content = std::move(content)});
  }

  void deliver(Attempt attempt, Done done) override {
    transfer::Request request{.url = url_, .body = std::move(attempt.body), .timeout = timeout_};
    request.envelope = envelope_;
    request.envelope->to = recipient_of(request.body);
    transfers_.begin(std::move(request),
                     [done = std::move(done)](const transfer::Answer& answer) { done(judge(answer)); });
  }

 private:
  std::string url_;
  Duration timeout_;
  Mailbox from_;
  transfer::Envelope envelope_;
  Templates templates_;
  transfer::Transfers transfers_;
};

Result<std::string> variable(const std::string& name, const transfer::Environment& environment) {
  auto value = environment(name);
  if (!value)
    return fail(ErrorCode::bad_input,
                fmt::format("the environment variable `{}`, which `smtp` names, is not set", name));
  return *std::move(value);
}

}  // namespace

Result<std::shared_ptr<ChannelAdapter>> make_adapter(const SmtpSettings& settings, Templates templates,
                                                     const transfer::Environment& environment,
                                                     transfer::Options options) {
  auto from = parse_mailbox(settings.from);
  if (!from) return fail(ErrorCode::bad_input, fmt::format("`from` is no mailbox: {}", settings.from));
  transfer::Envelope envelope{.from = from->address, .to = {}, .tls = settings.tls};
  if (settings.user) {
    LOTSE_TRY(envelope.user, variable(*settings.user, environment));
  }
  if (settings.password) {
    LOTSE_TRY(envelope.password, variable(*settings.password, environment));
  }
  options.private_addresses = true;  // where a company's mail server stands
  return std::make_shared<Smtp>(settings, *std::move(from), std::move(envelope), std::move(templates),
                                std::move(options));
}

Delivery judge(const transfer::Answer& answer) {
  using Kind = Delivery::Kind;
  using Refusal = transfer::Answer::Refusal;
  if (answer.trouble.empty()) return {Kind::delivered, fmt::format("answered {}", answer.status)};
  if (answer.refusal == Refusal::none) return {Kind::failed, "not taken: " + answer.trouble};
  const std::string detail = fmt::format("answered {}{}{}", answer.status,
                                         answer.enhanced_status.empty() ? "" : " ", answer.enhanced_status);
  // Who may log in is ours to mend; the mail waits for it.
  const bool ours = answer.refusal == Refusal::login || answer.status == 530;
  if (answer.status < 500 || ours) return {Kind::failed, detail};
  // 550, 551 and 553 are about the mailbox, unless the status says that a policy speaks (RFC 3463, X.7).
  const bool mailbox = answer.status == 550 || answer.status == 551 || answer.status == 553;
  const bool policy = answer.enhanced_status.starts_with("5.7.");
  const bool address = answer.refusal == Refusal::recipient && mailbox && !policy;
  return {address ? Kind::address_refused : Kind::refused, detail};
}

}  // namespace lotse::smtp
