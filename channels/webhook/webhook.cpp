#include "channels/webhook/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "channels/webhook/cloudevent.hpp"
#include "channels/webhook/signature.hpp"

namespace lotse::webhook {
namespace {

/// A header's value may be nothing else: no spaces, no line breaks.
bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

class Webhook : public ChannelAdapter {
 public:
  Webhook(const WebhookSettings& settings, std::vector<std::string> keys, transfer::Options options)
      : url_(settings.url),
        timeout_(settings.timeout),
        keys_(std::move(keys)),
        transfers_(std::move(options)) {}

  [[nodiscard]] Result<std::string> compose(const Outgoing& outgoing) const override {
    if (outgoing.id.empty() || !is_visible_ascii(outgoing.id))
      return fail(ErrorCode::bad_input, "the id cannot stand in a header: it must be visible ASCII");
    return cloudevent(outgoing);
  }

  void deliver(Attempt attempt, Done done) override {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(attempt.at).time_since_epoch().count();
    transfer::Request request{.url = url_, .body = std::move(attempt.body), .timeout = timeout_};
    request.headers = {
        "content-type: application/cloudevents+json; charset=utf-8",
        "user-agent: lotse",
        fmt::format("webhook-id: {}", attempt.id),
        fmt::format("webhook-timestamp: {}", seconds),
        fmt::format("webhook-signature: {}", signature(keys_, attempt.id, attempt.at, request.body)),
        fmt::format("idempotency-key: {}", attempt.id)};
    transfers_.begin(std::move(request),
                     [done = std::move(done)](const transfer::Answer& answer) { done(judge(answer)); });
  }

 private:
  std::string url_;
  Duration timeout_;
  std::vector<std::string> keys_;
  transfer::Transfers transfers_;
};

Result<std::string> key_from(const std::string& variable, const transfer::Environment& environment) {
  const auto secret = environment(variable);
  if (!secret)
    return fail(ErrorCode::bad_input,
                fmt::format("the environment variable `{}`, which is to hold a webhook's secret, is not set",
                            variable));
  auto key = key_of_secret(*secret);
  if (!key)
    return fail(
        ErrorCode::bad_input,
        fmt::format("the environment variable `{}` holds no webhook secret: `whsec_` and the base64 of "
                    "24 to 64 bytes",
                    variable));
  return *std::move(key);
}

}  // namespace

Result<std::shared_ptr<ChannelAdapter>> make_adapter(const WebhookSettings& settings,
                                                     const transfer::Environment& environment,
                                                     transfer::Options options) {
  std::vector<std::string> keys;
  for (const std::string& variable : settings.secrets) {
    LOTSE_TRY(auto key, key_from(variable, environment));
    keys.push_back(std::move(key));
  }
  options.private_addresses = settings.private_addresses;
  return std::make_shared<Webhook>(settings, std::move(keys), std::move(options));
}

Delivery judge(const transfer::Answer& answer) {
  using Kind = Delivery::Kind;
  // What comes after the head of an answer changes nothing about it.
  if (answer.status < 200)
    return {Kind::failed, answer.trouble.empty() ? "no answer" : "no answer: " + answer.trouble};
  const long status = answer.status;
  Delivery delivery{Kind::refused, fmt::format("answered {}", status)};
  const bool again =
      status < 400 || status == 404 || status == 408 || status == 425 || status == 429 || status >= 500;
  if (status < 300) {
    delivery.kind = Kind::delivered;
  } else if (again) {
    delivery.kind = Kind::failed;
    delivery.retry_after = answer.retry_after;
  } else if (status == 410) {
    delivery.kind = Kind::gone;
  }
  return delivery;
}

}  // namespace lotse::webhook
