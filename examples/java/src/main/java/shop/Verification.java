package shop;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The code under test: how the shop verifies a person. */
public final class Verification {
    private static final Pattern RESULT = Pattern.compile("\"result\":\"([A-Z_]+)\"");

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;
    private final String companyKey;
    private final Duration timeout;

    public Verification(String url, String companyKey, Duration timeout) {
        this.url = url;
        this.companyKey = companyKey;
        this.timeout = timeout;
    }

    /** Begins a session and returns its token, with which the person's browser opens the widget. */
    public String begin() throws IOException, InterruptedException {
        return call("begin", "", 3).replace("\"", "");
    }

    /** The current result: APPROVED, REJECTED, IN_PROGRESS … */
    public String result(String token) throws IOException, InterruptedException {
        Matcher result = RESULT.matcher(call("result", ", \"session_token\": \"" + token + "\"", 3));
        if (!result.find()) {
            throw new IOException("the answer has no result");
        }
        return result.group(1);
    }

    /** Polls until there is a verdict. */
    public String verdict(String token, int polls) throws IOException, InterruptedException {
        for (int poll = 0; poll < polls; poll++) {
            String result = result(token);
            if (!result.equals("IN_PROGRESS")) {
                return result;
            }
            Thread.sleep(10);
        }
        return "EXPIRED";
    }

    /** Calls the service, and tries twice more after an error of a proxy or a timeout. */
    private String call(String method, String more, int tries) throws IOException, InterruptedException {
        String body = "{\"company_key\": \"" + companyKey + "\"" + more + "}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/external-api/" + method + "/"))
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            var response = client.send(request, BodyHandlers.ofString());
            if (response.statusCode() < 500) {
                return response.body();
            }
            throw new IOException(method + ": status " + response.statusCode());
        } catch (IOException error) {
            if (tries <= 1) {
                throw error;
            }
            return call(method, more, tries - 1);
        }
    }
}
