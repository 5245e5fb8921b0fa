package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RecipesTest {
    private static Mock mock;

    private final String company = mock.newCompany();
    private final Verification shop = new Verification(mock.url, company, Duration.ofSeconds(5));

    @BeforeAll
    static void start() throws Exception {
        mock = new Mock();
    }

    @AfterAll
    static void stop() {
        mock.close();
    }

    @Test
    void theShopLearnsThatThePersonHasFinished() throws Exception {
        String token = shop.begin();
        var waiting = mock.look("wait/session/" + token + "?until=finished&timeout=5s");
        // A browser that completes the widget has the same effect.
        mock.tell("sessions/" + token + "/finish", "{}");
        assertTrue(waiting.get().contains("\"current_result\":\"APPROVED\""));
        assertEquals("APPROVED", shop.result(token));
    }

    @Test
    void doneIsNotAVerdictYet() throws Exception {
        mock.tell("scenarios/queue", "{\"company_key\": \"" + company + "\", \"scenarios\": [\"done-before-verdict\"]}");
        String token = shop.begin();
        mock.tell("sessions/" + token + "/finish", "{}");
        assertEquals("APPROVED", shop.verdict(token, 20));
        mock.tell("calls/verify", "{\"session\": \"" + token + "\", \"endpoint\": \"result\", \"exactly\": 3}");
    }

    @Test
    void aFailedCallIsRetried() throws Exception {
        String token = shop.begin();
        String key = "{\"company_key\": \"" + company + "\", ";
        mock.tell("faults", key + "\"on\": \"result\", \"status\": 503, \"times\": 2}");
        assertEquals("IN_PROGRESS", shop.result(token));
        mock.tell("calls/verify", key + "\"endpoint\": \"result\", \"status\": 503, \"exactly\": 2}");
        mock.tell("calls/verify", key + "\"endpoint\": \"result\", \"status\": 200, \"exactly\": 1}");
    }

    @Test
    void aSlowResponseTimesOut() throws Exception {
        Verification hasty = new Verification(mock.url, company, Duration.ofMillis(200));
        String token = shop.begin();
        mock.tell("faults", "{\"company_key\": \"" + company + "\", \"on\": \"result\", \"delay\": \"1h\", \"times\": 3}");
        assertThrows(HttpTimeoutException.class, () -> hasty.result(token));
        assertEquals("IN_PROGRESS", hasty.result(token));
    }

    @Test
    void parallelTestsDoNotNoticeEachOther() {
        List.of("APPROVED", "REJECTED", "MANUAL_CHECK").parallelStream().forEach(outcome -> {
            try {
                String own = mock.newCompany();
                Verification other = new Verification(mock.url, own, Duration.ofSeconds(5));
                String token = other.begin();
                mock.tell("sessions/" + token + "/finish", "{\"outcome\": \"" + outcome + "\"}");
                assertEquals(outcome, other.result(token));
                assertEquals("{\"count\":2}", mock.tell("calls/count", "{\"company_key\": \"" + own + "\"}"));
            } catch (Exception error) {
                throw new AssertionError(error);
            }
        });
    }

    @Test
    void anUnfinishedSessionExpires() throws Exception {
        String token = shop.begin();
        var waiting = mock.look("wait/session/" + token + "?until=expired");
        mock.tell("clock/advance", "{\"company_key\": \"" + company + "\", \"by\": \"15m\"}");
        waiting.get();
        assertEquals("EXPIRED", shop.verdict(token, 2));
    }

    @Test
    void aFailedVerificationNamesTheCalls() throws Exception {
        String token = shop.begin();
        String wrong = "{\"session\": \"" + token + "\", \"endpoint\": \"result\"}";
        var failure = assertThrows(AssertionError.class, () -> mock.tell("calls/verify", wrong));
        assertTrue(failure.getMessage().contains("the endpoint is `begin`, not `result`"));
    }
}
