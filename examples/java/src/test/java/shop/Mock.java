package shop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A running mock, until it is closed. */
final class Mock implements AutoCloseable {
    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    final String url;

    /** Starts the binary on a free port. It prints its first line when it is ready. */
    Mock() throws IOException {
        String program = System.getenv().getOrDefault("IDENTOMAT_MOCK", "identomat-mock");
        List<String> command = new ArrayList<>(List.of(program, "--port", "0", "--any-company-key"));
        command.addAll(List.of("--log-format", "json", "--log-level", "error"));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        Matcher listening = Pattern.compile("\"url\":\"([^\"]+)\"").matcher(line);
        if (!listening.find()) {
            throw new IOException("the mock did not say where it is: " + line);
        }
        url = listening.group(1);
    }

    /** Creates a company of its own, so that no other test notices its changes. */
    String newCompany() {
        return "test-" + UUID.randomUUID();
    }

    /** Calls the control API with POST and returns the JSON. */
    String tell(String path, String body) throws IOException, InterruptedException {
        return checked(client.send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(), BodyHandlers.ofString()));
    }

    /** Calls the control API with GET; returns at once, with a future of the response. */
    CompletableFuture<String> look(String path) {
        return client.sendAsync(request(path).build(), BodyHandlers.ofString()).thenApply(Mock::checked);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + "/__admin/" + path)).header("Content-Type", "application/json");
    }

    private static String checked(HttpResponse<String> response) {
        if (response.statusCode() >= 300) {
            throw new AssertionError(response.body());
        }
        return response.body();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
