"""The fields that the manifest of a RayJob may use, as a JSON Schema: their names, types and values in KubeRay 1.6.2.

Read from KubeRay's generated reference (docs/reference/api.md at tag v1.6.2) and from what its operator refuses. Edit
it when the manifest needs another field, or another version.
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
POSITIVE: Schema = {"type": "integer", "minimum": 1}
NUMBER: Schema = {"type": "number", "minimum": 0}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}  #: numbers have to be quoted


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def several(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def fields(*required: str, **known: Schema) -> Schema:
    """An object that has no other fields."""
    return {"type": "object", "properties": known, "required": list(required), "additionalProperties": False}


CONTAINER = fields(
    "name", "image",
    name=TEXT,
    image=TEXT,
    env=several(fields("name", "value", name=TEXT, value=TEXT)),
    resources=fields("requests", "limits", requests=TEXTS, limits=TEXTS),
    volumeMounts=several(fields("name", "mountPath", name=TEXT, mountPath=TEXT, readOnly=FLAG)),
)  # fmt: skip
VOLUME = fields(
    "name",
    name=TEXT,
    persistentVolumeClaim=fields("claimName", claimName=TEXT),
    configMap=fields("name", name=TEXT),
)
POD = fields("spec", spec=fields("containers", containers=several(CONTAINER), volumes=several(VOLUME)))

HEAD = fields(
    "rayStartParams", "template",
    template=POD,
    rayStartParams=TEXTS,
    resources=TEXTS,
    labels=TEXTS,
    enableIngress=FLAG,
    serviceType=TEXT,
)  # fmt: skip
WORKERS = fields(
    "groupName", "minReplicas", "maxReplicas", "rayStartParams", "template",
    groupName=TEXT,
    replicas=COUNT,
    minReplicas=COUNT,
    maxReplicas=COUNT,
    numOfHosts=POSITIVE,
    idleTimeoutSeconds=COUNT,
    suspend=FLAG,
    rayStartParams=TEXTS,
    resources=TEXTS,
    labels=TEXTS,
    template=POD,
)  # fmt: skip
CLUSTER = fields(
    "headGroupSpec",
    rayVersion=TEXT,
    authOptions=fields(mode=one_of("token", "disabled"), secretName=TEXT),
    headGroupSpec=HEAD,
    workerGroupSpecs=several(WORKERS),
    enableInTreeAutoscaling=FLAG,
    headServiceAnnotations=TEXTS,
    upgradeStrategy=fields(type=one_of("Recreate", "None")),
    managedBy=TEXT,
    suspend=FLAG,
)
RAY_JOB = fields(
    "apiVersion", "kind", "metadata", "spec",
    apiVersion=one_of("ray.io/v1"),
    kind=one_of("RayJob"),
    metadata=fields("name", name=TEXT | {"pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$", "maxLength": 47}),
    spec=fields(
        "entrypoint", "rayClusterSpec",
        entrypoint=TEXT,
        rayClusterSpec=CLUSTER,
        submissionMode=one_of("K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"),
        submitterConfig=fields(backoffLimit=COUNT),
        submitterPodTemplate=POD,
        backoffLimit=COUNT,
        activeDeadlineSeconds=POSITIVE,
        preRunningDeadlineSeconds=POSITIVE,
        shutdownAfterJobFinishes=FLAG,
        ttlSecondsAfterFinished=COUNT,
        runtimeEnvYAML=TEXT,
        entrypointNumCpus=NUMBER,
        entrypointNumGpus=NUMBER,
        entrypointResources=TEXT,
        jobId=TEXT,
        metadata=TEXTS,
        clusterSelector=TEXTS,
        managedBy=one_of("ray.io/kuberay-operator", "kueue.x-k8s.io/multikueue"),
        suspend=FLAG,
    ),
)  # fmt: skip
