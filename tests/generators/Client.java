import identomat.mock.ApiClient;
import identomat.mock.ApiException;
import identomat.mock.api.CallsApi;
import identomat.mock.api.FaultsApi;
import identomat.mock.api.SessionsApi;
import identomat.mock.api.VendorApi;
import identomat.mock.model.BeginParameters;
import identomat.mock.model.Endpoint;
import identomat.mock.model.Fault;
import identomat.mock.model.GetResultParameters;
import identomat.mock.model.FinishSessionBody;
import identomat.mock.model.VerifyCallsBody;
import java.io.File;
import java.util.Map;

/** Begins, finishes and reads a session with a client that OpenAPI Generator generated. */
public final class Client {
    public static void main(String[] arguments) throws Exception {
        String key = arguments[1];
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        VendorApi vendor = new VendorApi(client);
        SessionsApi sessions = new SessionsApi(client);

        String token = vendor.begin(new BeginParameters().companyKey(key).flags(Map.of("language", "ka")));
        equal("REJECTED", sessions.finishSession(token, null, new FinishSessionBody().outcome("REJECTED")).getCurrentResult());
        equal("REJECTED", vendor.getResult(new GetResultParameters().companyKey(key).sessionToken(token)).getResult());
        equal(Map.of("language", "ka"), sessions.getSession(token, null).getFlags());
        File picture = vendor.getFaceByQuery(key, token);
        equal(true, picture.length() > 1000);
        new FaultsApi(client).addFault(null, new Fault().status(503L).endpoint(Endpoint.RESULT));
        try {
            new CallsApi(client).verifyCalls(null, new VerifyCallsBody().endpoint(Endpoint.RESULT).exactly(2L));
            throw new AssertionError("there was one call");
        } catch (ApiException refused) {
            equal(409, refused.getCode());
        }
    }

    private static void equal(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + ", not " + actual);
        }
    }
}
